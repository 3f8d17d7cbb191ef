// The page that deep health infers, and what the embedded model finds on it, so that the program works wherever it is
// copied to.
    .section .rodata

    .global doclayout_golden_page_begin
    .global doclayout_golden_page_end
doclayout_golden_page_begin:
    .incbin DOCLAYOUT_GOLDEN_PAGE
doclayout_golden_page_end:

    .global doclayout_golden_regions_begin
    .global doclayout_golden_regions_end
doclayout_golden_regions_begin:
    .incbin DOCLAYOUT_GOLDEN_REGIONS
doclayout_golden_regions_end:

    .section .note.GNU-stack,"",%progbits
