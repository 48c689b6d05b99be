/* A program registers with the process, a DLL with itself: it may be unloaded earlier. */
#include "crt.h"

onexit_table __dll_onexit_table;
int __is_dll;

int atexit(void_function function) {
    return __is_dll ? _register_onexit_function(&__dll_onexit_table, (int_function)function) : _crt_atexit(function);
}

int_function _onexit(int_function function) { return atexit((void_function)function) ? 0 : function; }

/* For headers that declare the two as imported. */
int (*__imp_atexit)(void_function) = atexit;
int_function (*__imp__onexit)(int_function) = _onexit;
