/* The image's directory of thread-local storage. The linker makes `_tls_used` the image's; whatever has a thread-local refers to
   `_tls_index`, and so brings this object in. */
#include "crt.h"

#pragma section(".tls", long, read, write)
#pragma section(".tls$ZZZ", long, read, write)
#pragma section(".CRT$XLA", long, read)
#pragma section(".CRT$XLZ", long, read)
#pragma section(".rdata$T", long, read)

typedef void(__stdcall *callback)(void *, u32, void *);
typedef struct {
    void *start, *end;
    unsigned *index;
    callback *callbacks;
    unsigned zeroes, characteristics;
} directory;

unsigned _tls_index;
__declspec(allocate(".tls")) char _tls_start = 0;
__declspec(allocate(".tls$ZZZ")) char _tls_end = 0;
__declspec(allocate(".CRT$XLA")) callback __xl_a = 0;
__declspec(allocate(".CRT$XLZ")) callback __xl_z = 0;
__declspec(allocate(".rdata$T")) const directory _tls_used = {&_tls_start, &_tls_end, &_tls_index, &__xl_a + 1, 0, 0};
