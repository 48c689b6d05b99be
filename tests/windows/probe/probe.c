/* Says what Windows' own functions find in the running executable: one line each, a name, a tab and a value in UTF-8, in
 * which control characters and backslashes are written \xNN.
 *
 * Usage: probe.exe [EVENT-ID...]    ids in hexadecimal, whose messages are formatted with the string "ARG".
 * Build: gcc -municode -DPREFERRED=<image base> probe.c -lversion -luser32 -limagehlp
 */
#include <windows.h>
#include <imagehlp.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static int values[3] = {10, 20, 30};
int *volatile pointers[3] = {&values[0], &values[1], &values[2]};

__declspec(dllexport) __attribute__((noinline)) int marker(int x)
{
    volatile int y = x + 1;
    return y * 2;
}

int (*volatile function)(int) = marker;

static void text(const char *name, const wchar_t *value)
{
    static char utf8[1 << 18];
    WideCharToMultiByte(CP_UTF8, 0, value, -1, utf8, sizeof utf8, NULL, NULL);
    printf("%s\t", name);
    for (const unsigned char *c = (unsigned char *)utf8; *c; c++)
        printf(*c < 32 || *c == '\\' ? "\\x%02x" : "%c", *c);
    printf("\n");
}

static void number(const char *name, unsigned long long value)
{
    printf("%s\t%llx\n", name, value);
}

static void version(const wchar_t *path)
{
    static const wchar_t *keys[] = {L"CompanyName", L"FileDescription", L"FileVersion", L"InternalName", L"LegalCopyright",
                                    L"OriginalFilename", L"ProductName", L"ProductVersion"};
    DWORD zero, size = GetFileVersionInfoSizeW(path, &zero);
    void *data = malloc(size + 1), *value;
    UINT length;
    if (!size || !GetFileVersionInfoW(path, 0, size, data)) {
        text("version", L"none");
        return;
    }
    if (VerQueryValueW(data, L"\\", &value, &length)) {
        VS_FIXEDFILEINFO *fixed = value;
        number("file-version", (unsigned long long)fixed->dwFileVersionMS << 32 | fixed->dwFileVersionLS);
        number("product-version", (unsigned long long)fixed->dwProductVersionMS << 32 | fixed->dwProductVersionLS);
        number("file-flags", fixed->dwFileFlags & fixed->dwFileFlagsMask);
    }
    if (VerQueryValueW(data, L"\\VarFileInfo\\Translation", &value, &length))
        number("translation", *(DWORD *)value);
    for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
        wchar_t path[100];
        char name[50];
        swprintf(path, 100, L"\\StringFileInfo\\040904b0\\%ls", keys[i]);
        sprintf(name, "string-%ls", keys[i]);
        if (VerQueryValueW(data, path, &value, &length))
            text(name, value);
    }
}

static void message(const wchar_t *id)
{
    static wchar_t buffer[70000];
    DWORD_PTR args[2] = {(DWORD_PTR)L"ARG", 0};
    char name[50];
    sprintf(name, "message-%ls", id);
    DWORD flags = FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY;
    DWORD n = FormatMessageW(flags, NULL, wcstoul(id, NULL, 16), 0, buffer, 70000, (va_list *)args);
    text(name, n ? buffer : L"none");
}

static void icon(void)
{
    HRSRC group = FindResourceW(NULL, MAKEINTRESOURCEW(1), RT_GROUP_ICON);
    if (!group) {
        text("icon", L"none");
        return;
    }
    BYTE *bytes = LockResource(LoadResource(NULL, group));
    number("icon-images", ((WORD *)bytes)[2]);
    int id = LookupIconIdFromDirectoryEx(bytes, TRUE, 32, 32, 0);
    HRSRC image = FindResourceW(NULL, MAKEINTRESOURCEW(id), RT_ICON);
    DWORD size = image ? SizeofResource(NULL, image) : 0;
    number("icon-32-size", size);
    number("icon-32-made", size && CreateIconFromResource(LockResource(LoadResource(NULL, image)), size, TRUE, 0x30000));
}

int wmain(int argc, wchar_t **argv)
{
    static wchar_t path[4096];
    HMODULE self = GetModuleHandleW(NULL);
    GetModuleFileNameW(NULL, path, 4096);
    number("relocated", (ULONG_PTR)self != (ULONG_PTR)PREFERRED);
    number("through-pointers", *pointers[0] + *pointers[1] + *pointers[2] + function(1));
    version(path);
    for (int i = 1; i < argc; i++)
        message(argv[i]);
    icon();
    HRSRC manifest = FindResourceW(NULL, MAKEINTRESOURCEW(1), RT_MANIFEST);
    number("manifest-size", manifest ? SizeofResource(NULL, manifest) : 0);
    number("ansi-code-page", GetACP());
    HRSRC own = FindResourceW(NULL, L"THEIRS", RT_RCDATA);
    if (own)
        number("own-data", *(DWORD *)LockResource(LoadResource(NULL, own)));
    DWORD stored = 0, computed = 1;
    MapFileAndCheckSumW(path, &stored, &computed);
    number("checksum-right", stored == computed);
    return 0;
}
