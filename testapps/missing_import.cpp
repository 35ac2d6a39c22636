// Imports a DLL that is built but lies where no loader looks. It must show a program that was found but cannot start:
// exit status 0xC0000135 (STATUS_DLL_NOT_FOUND), catcher's exit code 126, with the name of the DLL, missing_part.dll.

__declspec(dllimport) int missing_part_answer();

int wmain() {
  return missing_part_answer();
}
