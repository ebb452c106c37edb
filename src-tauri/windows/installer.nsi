; The installer of the app for Windows, made by Debian's makensis (`cargo xtask bundle windows`).
;
; For one user, without an administrator's rights. What it registers is what the app itself keeps right at every start
; (src-tauri/src/register.rs, autostart.rs, toast/windows/plain.rs); the uninstaller removes exactly that.
;
;   perezvon-setup.exe /S [/RELAY=URL /CODE=CODE] [/D=FOLDER]     in silence, joining the company's relay
;   perezvon-setup.exe /S /UPDATE [/ARGS …]                       over the app, which has just ended itself for it; it comes
;                                                                 back with these arguments, the old one where this fails
;   perezvon-setup.exe /S /JOIN=FILE                              the same, relay and code from a file
;   uninstall.exe /S [/DATA]                                      in silence; with the data and the secrets too
;
; Given by the command: VERSION (1.2.3), SOURCE (folder of the programs), OUT (the installer), PACKING (zlib or lzma), ICONS (folder of the pictures).

Unicode true
Target amd64-unicode
ManifestDPIAware true
ManifestSupportedOS all
RequestExecutionLevel user
SetCompressor ${PACKING}
OutFile "${OUT}"

!define ID "ru.perezvon.desk"
!define EXE "perezvon.exe"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Perezvon"
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"
!define WEBVIEW2 "Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
; Microsoft's own small installer, which fetches the rest.
!define WEBVIEW2_SETUP "https://go.microsoft.com/fwlink/p/?LinkId=2124703"

!include MUI2.nsh
!include LogicLib.nsh
!include FileFunc.nsh
!include WordFunc.nsh
!include Win\COM.nsh
!include Win\Propkey.nsh

Name "$(TITLE)"
BrandingText "$(TITLE) ${VERSION}"
InstallDir "$LOCALAPPDATA\Perezvon"
InstallDirRegKey HKCU "${UNINSTALL_KEY}" "InstallLocation"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Перезвон"
VIAddVersionKey "FileDescription" "Перезвон"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "Apache-2.0"

!define MUI_ICON "${ICONS}\icon.ico"
!define MUI_UNICON "${ICONS}\icon.ico"
!define MUI_ABORTWARNING
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_FUNCTION start
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
; The first one is for all languages that are not here.
!insertmacro MUI_LANGUAGE "Russian"
!insertmacro MUI_LANGUAGE "English"

LangString TITLE ${LANG_RUSSIAN} "Перезвон"
LangString TITLE ${LANG_ENGLISH} "Perezvon"
LangString BUSY ${LANG_RUSSIAN} "Перезвон не закрывается. Закройте его в области уведомлений и повторите."
LangString BUSY ${LANG_ENGLISH} "Perezvon does not close. Quit it in the notification area and try again."
LangString NO_WEBVIEW2 ${LANG_RUSSIAN} "Для окна нужен компонент Microsoft Edge WebView2, его на этом компьютере нет. Открыть страницу загрузки Microsoft?"
LangString NO_WEBVIEW2 ${LANG_ENGLISH} "The window needs Microsoft Edge WebView2, which this computer does not have. Open Microsoft's download?"
LangString REMOVE_DATA ${LANG_RUSSIAN} "Удалить и данные: журнал звонков, контакты, документы, записи, сохранённый токен? Вернуть их будет нельзя."
LangString REMOVE_DATA ${LANG_ENGLISH} "Remove the data too: calls, contacts, documents, recordings, the saved token? There is no way back."

LangString NO_JOIN ${LANG_RUSSIAN} "Нет файла, указанного в /JOIN. Ничего не установлено."
LangString NO_JOIN ${LANG_ENGLISH} "The file given by /JOIN is not there. Nothing was installed."

Var WasRunning
; With what the app comes back then.
Var Arguments
; What an administrator gives along.
Var JoinFile
Var JoinRelay
Var JoinCode

!macro FUNCTIONS UN
; The app goes on where this ends.
Function ${UN}comeBack
  ${If} $WasRunning = 1
    Exec '"$INSTDIR\${EXE}" $Arguments'
  ${EndIf}
FunctionEnd

; Ends the app that runs, as its menu in the tray does, and waits until its file is free. $WasRunning: 1 where it ran.
Function ${UN}close
  ${IfNot} ${FileExists} "$INSTDIR\${EXE}"
    Return
  ${EndIf}
  again:
  FindWindow $0 "${ID}-sic"
  ${If} $0 P<> 0
    StrCpy $WasRunning 1
    Exec '"$INSTDIR\${EXE}" --quit'
  ${EndIf}
  ; A file that a program runs from cannot be written, and this one by both. The app has 15 s for what is on its way.
  ${For} $1 1 150
    ClearErrors
    FileOpen $0 "$INSTDIR\${EXE}" a
    ${IfNot} ${Errors}
      FileClose $0
      Return
    ${EndIf}
    Sleep 100
  ${Next}
  MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(BUSY)" /SD IDCANCEL IDRETRY again
  Call ${UN}comeBack
  SetErrorLevel 3
  Quit
FunctionEnd
!macroend
!insertmacro FUNCTIONS ""
!insertmacro FUNCTIONS "un."

Function start
  Exec '"$INSTDIR\${EXE}"'
FunctionEnd

; $0: the version of WebView2; empty where there is none.
Function webview2
  SetRegView 32
  ReadRegStr $0 HKLM "Software\${WEBVIEW2}" "pv"
  SetRegView 64
  ${If} $0 == ""
    ReadRegStr $0 HKCU "Software\${WEBVIEW2}" "pv"
  ${EndIf}
FunctionEnd

; The class of a scheme, opened with this program. The `--` keeps a link from being read as an option.
!macro CLASS NAME
  WriteRegStr HKCU "Software\Classes\${NAME}" "" "URL:Перезвон"
  WriteRegStr HKCU "Software\Classes\${NAME}" "URL Protocol" ""
  WriteRegStr HKCU "Software\Classes\${NAME}\DefaultIcon" "" "$INSTDIR\${EXE},0"
  WriteRegStr HKCU "Software\Classes\${NAME}\shell\open\command" "" '"$INSTDIR\${EXE}" -- "%1"'
!macroend

; A link of the Start menu, by which the system knows whose a toast is.
!macro SHORTCUT FILE
  CreateShortCut "${FILE}" "$INSTDIR\${EXE}"
  !insertmacro ComHlpr_CreateInProcInstance ${CLSID_ShellLink} ${IID_IShellLink} r0 ""
  ${If} $0 P<> 0
    ${IUnknown::QueryInterface} $0 '("${IID_IPersistFile}",.r1)'
    ${If} $1 P<> 0
      ${IPersistFile::Load} $1 '("${FILE}",${STGM_READWRITE})'
      ${IUnknown::QueryInterface} $0 '("${IID_IPropertyStore}",.r2)'
      ${If} $2 P<> 0
        System::Call '*${SYSSTRUCT_PROPERTYKEY}(${PKEY_AppUserModel_ID})p.r3'
        System::Call '*(&w64 "${ID}")p.r5'
        System::Call '*(&i2 ${VT_LPWSTR},&i6 0,p r5,&i8 0)p.r4'
        ${IPropertyStore::SetValue} $2 '($3,$4)'
        ${IPropertyStore::Commit} $2 ""
        ${IPersistFile::Save} $1 '("${FILE}",1)'
        System::Free $3
        System::Free $4
        System::Free $5
        ${IUnknown::Release} $2 ""
      ${EndIf}
      ${IUnknown::Release} $1 ""
    ${EndIf}
    ${IUnknown::Release} $0 ""
  ${EndIf}
!macroend

; The value of an option: /NAME="value", "/NAME=value", or /NAME=value up to the next blank; empty where it is not given.
; NSIS's own GetOptions ends a value at a slash, and addresses have them.
!macro OPTION NAME RESULT
  ${WordFind2X} '$R0' '/${NAME}="' '"' "E+1" ${RESULT}
  ${If} ${Errors}
    ${WordFind2X} '$R0' '"/${NAME}=' '"' "E+1" ${RESULT}
  ${EndIf}
  ${If} ${Errors}
    ${WordFind2X} '$R0 ' '/${NAME}=' ' ' "E+1" ${RESULT}
  ${EndIf}
  ${If} ${Errors}
    StrCpy ${RESULT} ""
  ${EndIf}
!macroend

Function .onInit
  StrCpy $Arguments "--minimized"
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} "$R0" "/UPDATE" $R1
  ${IfNot} ${Errors}
    StrCpy $WasRunning 1
    ; As Tauri's updater gives them: quoted, and nothing of ours behind them.
    ${WordFind} "$R0" " /ARGS " "E+1}" $R1
    ${IfNot} ${Errors}
      StrCpy $Arguments $R1
      ${WordFind} "$R0" " /ARGS " "E+1{" $R0
    ${EndIf}
  ${EndIf}
  !insertmacro OPTION "RELAY" $JoinRelay
  !insertmacro OPTION "CODE" $JoinCode
  !insertmacro OPTION "JOIN" $JoinFile
  ${If} $JoinFile != ""
    ; From where the installer was started: it goes to other folders later.
    GetFullPathName $JoinFile "$JoinFile"
    ${IfNot} ${FileExists} "$JoinFile"
      MessageBox MB_OK|MB_ICONSTOP "$(NO_JOIN)" /SD IDOK
      SetErrorLevel 4
      Quit
    ${EndIf}
  ${EndIf}
FunctionEnd

Function un.onInit
  StrCpy $Arguments "--minimized"
FunctionEnd

; Where a file could not be written.
Function .onInstFailed
  Call comeBack
FunctionEnd

; The app reads it once at its next start, and removes it.
Function joining
  ${If} $JoinFile != ""
    CreateDirectory "$APPDATA\${ID}"
    CopyFiles /SILENT "$JoinFile" "$APPDATA\${ID}\join.txt"
  ${ElseIf} $JoinRelay != ""
    CreateDirectory "$APPDATA\${ID}"
    FileOpen $0 "$APPDATA\${ID}\join.txt" w
    FileWrite $0 "$JoinRelay$\r$\n$JoinCode$\r$\n"
    FileClose $0
  ${EndIf}
FunctionEnd

Section
  Call close
  SetOutPath "$INSTDIR"
  ; The old one stays until the new one is whole.
  ClearErrors
  File "/oname=${EXE}.new" "${SOURCE}\${EXE}"
  ${IfNot} ${Errors}
    Delete "$INSTDIR\${EXE}.old"
    ClearErrors
    ${If} ${FileExists} "$INSTDIR\${EXE}"
      Rename "$INSTDIR\${EXE}" "$INSTDIR\${EXE}.old"
    ${EndIf}
    ${IfNot} ${Errors}
      Rename "$INSTDIR\${EXE}.new" "$INSTDIR\${EXE}"
      ${If} ${Errors}
        Rename "$INSTDIR\${EXE}.old" "$INSTDIR\${EXE}"
        SetErrors
      ${EndIf}
    ${EndIf}
  ${EndIf}
  ${If} ${Errors}
    Delete "$INSTDIR\${EXE}.new"
    Abort
  ${EndIf}
  Delete "$INSTDIR\${EXE}.old"
  !if /FileExists "${SOURCE}\WebView2Loader.dll"
    ; Where the window's library is not part of the program.
    File "${SOURCE}\WebView2Loader.dll"
  !endif
  File "/oname=perezvon.png" "${ICONS}\128x128.png"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  !insertmacro SHORTCUT "$SMPROGRAMS\Перезвон.lnk"

  WriteRegStr HKCU "Software\Classes\AppUserModelId\${ID}" "DisplayName" "Перезвон"
  WriteRegStr HKCU "Software\Classes\AppUserModelId\${ID}" "IconUri" "$INSTDIR\perezvon.png"
  !insertmacro CLASS "perezvon"
  !insertmacro CLASS "Perezvon.Link"
  WriteRegStr HKCU "Software\Perezvon\Capabilities" "ApplicationName" "Перезвон"
  WriteRegStr HKCU "Software\Perezvon\Capabilities" "ApplicationDescription" "Звонки Облачной АТС на рабочем столе"
  WriteRegStr HKCU "Software\Perezvon\Capabilities" "ApplicationIcon" "$INSTDIR\${EXE},0"
  WriteRegStr HKCU "Software\Perezvon\Capabilities\URLAssociations" "tel" "Perezvon.Link"
  WriteRegStr HKCU "Software\Perezvon\Capabilities\URLAssociations" "callto" "Perezvon.Link"
  WriteRegStr HKCU "Software\RegisteredApplications" "Perezvon" "Software\Perezvon\Capabilities"

  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "$(TITLE)"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\${EXE},0"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "Perezvon"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" $0

  Call joining
  Call webview2
  ${If} $0 == ""
    DetailPrint "WebView2: -"
    MessageBox MB_YESNO|MB_ICONQUESTION "$(NO_WEBVIEW2)" /SD IDNO IDNO later
    ExecShell "open" "${WEBVIEW2_SETUP}"
    later:
  ${EndIf}
  Call comeBack
SectionEnd

; A scheme belongs to whoever has registered it last.
!macro UNCLASS NAME
  ReadRegStr $0 HKCU "Software\Classes\${NAME}\shell\open\command" ""
  ${If} $0 == '"$INSTDIR\${EXE}" -- "%1"'
    DeleteRegKey HKCU "Software\Classes\${NAME}"
  ${EndIf}
!macroend

Section "un.Perezvon"
  Call un.close
  Delete "$INSTDIR\${EXE}"
  Delete "$INSTDIR\${EXE}.old"
  Delete "$INSTDIR\WebView2Loader.dll"
  Delete "$INSTDIR\perezvon.png"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Перезвон.lnk"

  !insertmacro UNCLASS "tel"
  !insertmacro UNCLASS "callto"
  !insertmacro UNCLASS "perezvon"
  ; All of these are written together; another copy of the program may have done so since.
  ReadRegStr $0 HKCU "Software\Classes\Perezvon.Link\shell\open\command" ""
  ${If} $0 == '"$INSTDIR\${EXE}" -- "%1"'
    DeleteRegKey HKCU "Software\Classes\Perezvon.Link"
    DeleteRegKey HKCU "Software\Classes\AppUserModelId\${ID}"
    DeleteRegKey HKCU "Software\Perezvon\Capabilities"
    DeleteRegKey /ifempty HKCU "Software\Perezvon"
    DeleteRegValue HKCU "Software\RegisteredApplications" "Perezvon"
  ${EndIf}
  ReadRegStr $0 HKCU "${RUN}" "Perezvon"
  ${If} $0 == '"$INSTDIR\${EXE}" --minimized'
    DeleteRegValue HKCU "${RUN}" "Perezvon"
    DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run" "Perezvon"
  ${EndIf}
  DeleteRegKey HKCU "${UNINSTALL_KEY}"

  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/DATA" $R1
  ${If} ${Errors}
    MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "$(REMOVE_DATA)" /SD IDNO IDNO keep
  ${EndIf}
  RMDir /r "$APPDATA\${ID}"
  RMDir /r "$LOCALAPPDATA\${ID}"
  ; The token of the PBX and the key to the company's relay belong to the data: by these names the app gives them to the
  ; Credential Manager (src-tauri/src/secrets.rs).
  System::Call 'advapi32::CredDeleteW(w "token $APPDATA\${ID}.${ID}", i 1, i 0)'
  System::Call 'advapi32::CredDeleteW(w "desk-key $APPDATA\${ID}.${ID}", i 1, i 0)'
  keep:
SectionEnd
