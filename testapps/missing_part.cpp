// The DLL that missing_import.exe imports, and that is not beside it.

__declspec(dllexport) int missing_part_answer() {
  return 42;
}
