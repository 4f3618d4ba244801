//! What a property of a list's origin is: the body of a request, a page of a listing.

use super::Provenance;

/// What a member of something is.
pub(super) fn within(of: &Provenance, name: &str, file: u32) -> Provenance {
    match of {
        Provenance::Context if matches!(name, "req" | "request" | "nextUrl" | "raw") => Provenance::Context,
        Provenance::Context
            if matches!(
                name,
                "body"
                    | "query"
                    | "params"
                    | "input"
                    | "parsedInput"
                    | "searchParams"
                    | "args"
                    | "payload"
                    | "url"
                    | "json"
                    | "formData"
                    | "valid"
                    | "data"
                    | "text"
                    | "getInput"
                    | "rawInput"
            ) =>
        {
            Provenance::Sent(name.to_owned(), file)
        }
        Provenance::Sent(..) => Provenance::Sent(name.to_owned(), file),
        Provenance::Remote => Provenance::Remote,
        Provenance::Listing if name == "Contents" => Provenance::Listing,
        Provenance::Rows(_) | Provenance::Folder | Provenance::Listing | Provenance::Part => Provenance::Part,
        Provenance::Awaited => Provenance::Awaited,
        Provenance::Context | Provenance::Unknown => Provenance::Unknown,
    }
}
