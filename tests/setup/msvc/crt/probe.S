/* Touches each page of a large stack frame in turn, so that the guard page is met. */
        .text
#if defined(__x86_64__)
/* rax: bytes that the caller is about to take. No register may change. */
        .globl __chkstk
        .p2align 4
__chkstk:
        pushq   %rcx
        pushq   %rax
        leaq    24(%rsp), %rcx          /* the caller's rsp */
        jmp     2f
1:      subq    $0x1000, %rcx
        orb     $0, (%rcx)
        subq    $0x1000, %rax
2:      cmpq    $0x1000, %rax
        ja      1b
        subq    %rax, %rcx
        orb     $0, (%rcx)
        popq    %rax
        popq    %rcx
        retq
#elif defined(__i386__)
/* eax: bytes. Here the probe itself takes them: it returns with esp lowered. */
        .globl __chkstk
        .globl __alloca_probe
        .p2align 4
__chkstk:
__alloca_probe:
        pushl   %ecx
        leal    8(%esp), %ecx           /* the caller's esp */
        jmp     2f
1:      subl    $0x1000, %ecx
        orb     $0, (%ecx)
        subl    $0x1000, %eax
2:      cmpl    $0x1000, %eax
        ja      1b
        subl    %eax, %ecx
        orb     $0, (%ecx)
        movl    %esp, %eax
        movl    %ecx, %esp
        movl    (%eax), %ecx
        pushl   4(%eax)                 /* where to return to */
        retl
/* Where a thread's table of thread-local blocks is in its TEB. */
        .globl __tls_array
        .set __tls_array, 0x2c
/* This object has no exception handlers that SafeSEH would have to list. */
        .globl @feat.00
        .set @feat.00, 1
#elif defined(__aarch64__)
/* x15: bytes / 16. x16 and x17 may change. */
        .globl __chkstk
        .p2align 2
__chkstk:
        lsl     x16, x15, #4
        mov     x17, sp
1:      sub     x17, x17, #4096
        subs    x16, x16, #4096
        ldr     xzr, [x17]
        b.gt    1b
        ret
#endif
