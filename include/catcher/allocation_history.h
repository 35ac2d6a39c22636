#pragma once

namespace catcher {

/// Who allocated the address space of the tree's processes that was never given back: `--memory=trace`.
struct AllocationHistory {};

}  // namespace catcher
