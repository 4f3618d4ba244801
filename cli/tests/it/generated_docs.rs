//! Pages and schemas that are what the program says of itself.

mod formats;

use tuneup_testkit::generated::check;

#[test]
fn the_command_line_reference_is_current() {
    check("docs/cli.md", &tuneup::reference());
}

#[test]
fn the_configuration_reference_is_current() {
    check("docs/configuration.md", &tuneup::configuration_page());
}

#[test]
fn the_configuration_schema_is_current() {
    check("docs/schema/tuneup-toml.json", &tuneup::configuration_schema());
}
