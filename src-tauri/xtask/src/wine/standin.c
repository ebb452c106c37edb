/* Stands in for the app where its installer is tested: one instance, which takes over what later starts are given, ends
   when `--quit` asks it to, and keeps data and secrets where the app does. `--hold FILE` stands in for another program, which
   reads that file and lets nobody write it. */
#include <windows.h>
#include <wincred.h>
#include <stdio.h>

#define ID L"ru.perezvon.desk"

static wchar_t data[MAX_PATH];

/* A line for every start in the file of the data folder. */
static void note(const wchar_t *line)
{
    wchar_t path[MAX_PATH];
    swprintf(path, MAX_PATH, L"%ls\\starts.txt", data);
    FILE *file = _wfopen(path, L"a, ccs=UTF-8");
    if (!file) ExitProcess(1);
    fwprintf(file, L"%ls\n", line);
    fclose(file);
}

static void keep(const wchar_t *kind)
{
    wchar_t name[MAX_PATH + 64];
    swprintf(name, MAX_PATH + 64, L"%ls %ls.%ls", kind, data, ID);
    CREDENTIALW secret = {0};
    secret.Type = CRED_TYPE_GENERIC;
    secret.TargetName = name;
    secret.CredentialBlob = (BYTE *)"fictional";
    secret.CredentialBlobSize = 9;
    secret.Persist = CRED_PERSIST_ENTERPRISE;
    if (!CredWriteW(&secret, 0)) ExitProcess(1);
}

static LRESULT CALLBACK hear(HWND window, UINT message, WPARAM wide, LPARAM given)
{
    if (message == WM_COPYDATA) {
        const wchar_t *line = ((COPYDATASTRUCT *)given)->lpData;
        if (!wcsstr(line, L"--quit")) note(line);
        /* What is on its way takes its time. */
        else if (!SetTimer(window, 1, 700, NULL)) ExitProcess(1);
        return 1;
    }
    if (message == WM_TIMER) PostQuitMessage(0);
    return DefWindowProcW(window, message, wide, given);
}

int WINAPI wWinMain(HINSTANCE program, HINSTANCE before, PWSTR line, int show)
{
    GetEnvironmentVariableW(L"APPDATA", data, MAX_PATH - 64);
    wcscat(data, L"\\" ID);
    if (wcsncmp(line, L"--hold ", 7) == 0) {
        HANDLE held = CreateFileW(line + 7, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
        if (held == INVALID_HANDLE_VALUE) return 1;
        note(L"held");
        Sleep(INFINITE);
    }
    HWND other = FindWindowW(ID L"-sic", NULL);
    if (other) {
        COPYDATASTRUCT given = {0, (wcslen(line) + 1) * sizeof(wchar_t), line};
        SendMessageW(other, WM_COPYDATA, 0, (LPARAM)&given);
        return 0;
    }
    if (wcsstr(line, L"--quit")) return 0;
    CreateDirectoryW(data, NULL);
    WNDCLASSW class = {0};
    class.lpfnWndProc = hear;
    class.hInstance = program;
    class.lpszClassName = ID L"-sic";
    if (!RegisterClassW(&class)) return 1;
    if (!CreateWindowW(class.lpszClassName, ID, 0, 0, 0, 0, 0, NULL, NULL, program, NULL)) return 1;
    keep(L"token");
    keep(L"desk-key");
    note(line);
    MSG message;
    while (GetMessageW(&message, NULL, 0, 0) > 0) DispatchMessageW(&message);
    return 0;
}
