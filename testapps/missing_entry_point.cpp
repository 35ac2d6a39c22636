// Imports a function that the DLL beside it does not have (the one it was linked against had it). It must show a
// program that was found but cannot start: exit status 0xC0000139 (STATUS_ENTRYPOINT_NOT_FOUND), catcher's exit code
// 126, with the names partial_part.dll and partial_part_removed.

extern "C" __declspec(dllimport) int partial_part_kept();
extern "C" __declspec(dllimport) int partial_part_removed();

int wmain() {
  return partial_part_kept() + partial_part_removed();
}
