// The script and the list of packages of `doclayout model quantize`, so that the program works wherever it is copied to.
    .section .rodata

    .global doclayout_quantize_script_begin
    .global doclayout_quantize_script_end
doclayout_quantize_script_begin:
    .incbin DOCLAYOUT_QUANTIZE_SCRIPT
doclayout_quantize_script_end:

    .global doclayout_quantize_requirements_begin
    .global doclayout_quantize_requirements_end
doclayout_quantize_requirements_begin:
    .incbin DOCLAYOUT_QUANTIZE_REQUIREMENTS
doclayout_quantize_requirements_end:

    .section .note.GNU-stack,"",%progbits
