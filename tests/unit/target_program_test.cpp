#include "debugger/target_program.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include <windows.h>

namespace catcher {
namespace {

// A file that begins with the headers of a program for `machine`.
std::vector<std::byte> image(std::uint16_t machine, std::uint16_t characteristics = IMAGE_FILE_EXECUTABLE_IMAGE) {
  std::vector<std::byte> bytes(0x400);
  const auto put = [&bytes](std::size_t offset, auto value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
  };
  put(0, std::uint16_t{IMAGE_DOS_SIGNATURE});
  put(0x3C, std::uint32_t{0x80});
  put(0x80, std::uint32_t{IMAGE_NT_SIGNATURE});
  put(0x84, machine);
  put(0x84 + 18, characteristics);
  return bytes;
}

TEST(ProgramWord, ends_at_the_first_blank_or_the_closing_quote) {
  EXPECT_EQ(program_word(L"app.exe a b"), L"app.exe");
  EXPECT_EQ(program_word(L"  \"c:\\my app.exe\" a"), L"c:\\my app.exe");
  EXPECT_EQ(program_word(L"\"unterminated name"), L"unterminated name");
  EXPECT_EQ(program_word(L"app\ta"), L"app");
  EXPECT_EQ(program_word(L"  "), L"");
}

TEST(ReadImageHeader, takes_programs_of_this_machine) {
  EXPECT_EQ(read_image_header(image(IMAGE_FILE_MACHINE_AMD64)).kind, ImageKind::kRunnable);
  EXPECT_EQ(read_image_header(image(IMAGE_FILE_MACHINE_I386)).kind, ImageKind::kRunnable);
}

TEST(ReadImageHeader, refuses_another_machine_and_names_it) {
  const ImageHeader header = read_image_header(image(0xAA64));
  EXPECT_EQ(header.kind, ImageKind::kOtherMachine);
  EXPECT_EQ(machine_name(header.machine), "ARM64");
  EXPECT_EQ(machine_name(0x1234), "an unknown processor");
}

TEST(ReadImageHeader, refuses_a_library) {
  EXPECT_EQ(read_image_header(image(IMAGE_FILE_MACHINE_AMD64, IMAGE_FILE_DLL)).kind, ImageKind::kLibrary);
}

TEST(ReadImageHeader, refuses_empty_text_and_damaged_files) {
  EXPECT_EQ(read_image_header({}).kind, ImageKind::kEmpty);
  std::vector<std::byte> text(100, std::byte{'x'});
  EXPECT_EQ(read_image_header(text).kind, ImageKind::kNotAnImage);
  auto cut = image(IMAGE_FILE_MACHINE_AMD64);
  cut.resize(0x90);
  EXPECT_EQ(read_image_header(cut).kind, ImageKind::kNotAnImage);
  auto wrong = image(IMAGE_FILE_MACHINE_AMD64);
  wrong[0x80] = std::byte{0};
  EXPECT_EQ(read_image_header(wrong).kind, ImageKind::kNotAnImage);
}

TEST(ReadImageHeader, survives_every_truncation_and_offset) {
  const auto whole = image(IMAGE_FILE_MACHINE_AMD64);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    EXPECT_NE(read_image_header(std::span(whole).first(size)).kind, ImageKind::kOtherMachine) << size;
  }
  auto far_header = whole;
  const std::uint32_t far_offset = 0xFFFFFFFF;
  std::memcpy(far_header.data() + 0x3C, &far_offset, sizeof far_offset);
  EXPECT_EQ(read_image_header(far_header).kind, ImageKind::kNotAnImage);
}

TEST(FindTargetProgram, says_what_was_not_found) {
  try {
    find_target_program(L"no-such-program-anywhere --flag");
    FAIL() << "found";
  } catch (const StartError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kNotFound);
    EXPECT_NE(std::string(error.what()).find("'no-such-program-anywhere'"), std::string::npos);
  }
}

TEST(FindTargetProgram, finds_a_system_program_by_its_bare_name) {
  const std::wstring path = find_target_program(L"cmd /c ver");
  EXPECT_NE(path.find(L"cmd.exe"), std::wstring::npos);
  EXPECT_NE(path.find(L'\\'), std::wstring::npos);
}

}  // namespace
}  // namespace catcher
