"""What a run knows of itself, for model card and checklists: a sentence or two each, "" what it does not know."""
