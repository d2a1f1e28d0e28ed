"""`python -m radiogen`."""

from radiogen.app import main

if __name__ == "__main__":
    main()
