; What the app writes about links and autostart (src-tauri/src/register.rs, autostart.rs) goes with it. Tauri's template
; removes the class of a scheme only where its command is the one that it wrote itself.

!macro PEREZVON_SCHEME SCHEME
  ReadRegStr $R8 HKCU "Software\Classes\${SCHEME}\shell\open\command" ""
  ${If} $R8 == "$\"$INSTDIR\${MAINBINARYNAME}.exe$\" -- $\"%1$\""
    DeleteRegKey HKCU "Software\Classes\${SCHEME}"
  ${EndIf}
!macroend

!macro NSIS_HOOK_POSTUNINSTALL
  ${If} $UpdateMode <> 1
    !insertmacro PEREZVON_SCHEME "tel"
    !insertmacro PEREZVON_SCHEME "callto"
    !insertmacro PEREZVON_SCHEME "perezvon"
    DeleteRegKey HKCU "Software\Classes\Perezvon.Link"
    DeleteRegKey HKCU "Software\Perezvon"
    DeleteRegValue HKCU "Software\RegisteredApplications" "Perezvon"
    DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Run" "Perezvon"
  ${EndIf}
!macroend
