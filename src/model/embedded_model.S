/* The model that the program carries, as it is in the file that the build names. */
    .section .rodata
    .balign 64
    .global doclayout_embedded_model_begin
    .type doclayout_embedded_model_begin, @object
doclayout_embedded_model_begin:
    .incbin DOCLAYOUT_EMBEDDED_MODEL
    .global doclayout_embedded_model_end
doclayout_embedded_model_end:
    .byte 0
    .section .note.GNU-stack,"",@progbits
