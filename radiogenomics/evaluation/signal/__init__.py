"""Is there signal? Tests of a linear head on frozen features, beside what no tumour biology explains."""
