/* The project's own small stand-in for the static part of the Visual C++ run-time: what starts a program or a DLL, the tables that
   the linker sorts, thread-local storage, the probe of large stack frames, the stack cookie, 64-bit division on x86. All else is
   imported. Compiled twice: as msvcrt.lib, and with CRT_STATIC as libcmt.lib. */
#pragma once

#ifdef CRT_STATIC
#pragma comment(lib, "libvcruntime.lib")
#pragma comment(lib, "libucrt.lib")
#else
#pragma comment(lib, "vcruntime.lib")
#pragma comment(lib, "ucrt.lib")
#endif
#pragma comment(lib, "kernel32.lib")

typedef unsigned __int64 u64;
typedef unsigned long u32;
#ifdef _WIN64
typedef u64 uptr;
#else
typedef u32 uptr;
#endif

typedef int(__cdecl *int_function)(void);
typedef void(__cdecl *void_function)(void);
typedef struct {
    void_function *first, *last, *end;
} onexit_table;

/* tables.c */
extern int_function __xi_a[], __xi_z[];
extern void_function __xc_a[], __xc_z[];
/* cookie.c */
void __security_init_cookie(void);
/* atexit.c */
extern onexit_table __dll_onexit_table;
extern int __is_dll;

/* ucrtbase.dll */
int _initterm_e(int_function *, int_function *);
void _initterm(void_function *, void_function *);
int _configure_narrow_argv(int);
int _crt_atexit(void_function);
int _initialize_onexit_table(onexit_table *);
int _register_onexit_function(onexit_table *, int_function);
int _execute_onexit_table(onexit_table *);
__declspec(noreturn) void exit(int);
__declspec(noreturn) void _exit(int);
