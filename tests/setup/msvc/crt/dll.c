/* The entry point of a DLL. */
#include "crt.h"

enum { DETACH = 0, ATTACH = 1 };
int __stdcall DllMain(void *, u32, void *);

int __stdcall _DllMainCRTStartup(void *instance, u32 reason, void *reserved) {
    if (reason == ATTACH) {
        __security_init_cookie();
        __is_dll = 1;
        _initialize_onexit_table(&__dll_onexit_table);
        _configure_narrow_argv(1);
        if (_initterm_e(__xi_a, __xi_z)) return 0;
        _initterm(__xc_a, __xc_z);
    }
    int ok = DllMain(instance, reason, reserved);
    if (reason == DETACH || (reason == ATTACH && !ok)) _execute_onexit_table(&__dll_onexit_table);
    return ok;
}
