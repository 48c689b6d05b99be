/* The ends of the tables of initialisers: the linker sorts sections of one name by what follows the `$`. */
#include "crt.h"

#pragma section(".CRT$XIA", long, read)
#pragma section(".CRT$XIZ", long, read)
#pragma section(".CRT$XCA", long, read)
#pragma section(".CRT$XCZ", long, read)
__declspec(allocate(".CRT$XIA")) int_function __xi_a[] = {0};
__declspec(allocate(".CRT$XIZ")) int_function __xi_z[] = {0};
__declspec(allocate(".CRT$XCA")) void_function __xc_a[] = {0};
__declspec(allocate(".CRT$XCZ")) void_function __xc_z[] = {0};
#pragma comment(linker, "/merge:.CRT=.rdata")
