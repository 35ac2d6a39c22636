#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace catcher {

// How alike two stacks are, 0 (nothing in common) to 1 (the same): the "position dependent model" of Dang, Wu, Zhang
// and Nobel, "ReBucket" (ICSE 2012), with the weights that CASR uses. Frames count the more the nearer they are to the
// crash and the less they are shifted against each other. Frames are names, innermost first.
double stack_similarity(std::span<const std::string> a, std::span<const std::string> b);

// The number of the group of each stack: groups are numbered from 0 in the order of their first stack, which therefore
// decides; within one, every two stacks are at least 0.7 alike. A stack without frames is alike to none.
std::vector<std::size_t> group_similar(std::span<const std::vector<std::string>> stacks);

}  // namespace catcher
