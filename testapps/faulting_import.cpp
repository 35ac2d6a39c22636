// Needs a DLL whose DllMain faults. catcher must say: access violation, 139, with the DLL and its DllMain on the stack,
// although main() never ran.

extern "C" __declspec(dllimport) int needed_by_faulting_import();

int wmain() {
  return needed_by_faulting_import();
}
