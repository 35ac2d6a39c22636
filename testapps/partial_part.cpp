// Built twice under one name: the whole DLL, which missing_entry_point.exe is linked against, and the one without
// partial_part_removed, which lies beside it.

extern "C" __declspec(dllexport) int partial_part_kept() {
  return 40;
}

#ifdef PARTIAL_PART_WHOLE
extern "C" __declspec(dllexport) int partial_part_removed() {
  return 2;
}
#endif
