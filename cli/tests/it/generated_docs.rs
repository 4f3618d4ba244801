//! docs/cli.md is what the program says of itself.

#[test]
fn the_command_line_reference_is_current() {
    tuneup_testkit::generated::check("docs/cli.md", &tuneup::reference());
}
