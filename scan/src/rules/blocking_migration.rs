//! Rule `blocking-migration`: say in a sentence what it finds.

use tuneup_model::{Category, RuleDoc, Severity, Standing};

use super::Rule;
use crate::program::Program;
use crate::report::Report;

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "blocking-migration",
        since: "0.1.0",
        severity: Severity::Medium,
        category: Category::Queries,
        summary: "",
        why: "",
        slow: SLOW,
        fast: FAST,
        fine_when: "",
        proof: "",
        standing: Standing::Candidate { why: "nobody has read its findings on public code yet" },
    },
    check,
};

/// Yields exactly one finding.
const SLOW: &str = r#"
//- /routes.ts
"#;

/// The same program mended.
const FAST: &str = r#"
//- /routes.ts
"#;

fn check(_program: &Program, _report: &mut Report) {}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::laws::check;

    #[test]
    fn found_where_it_is() {
        check(
            &RULE,
            r"
            //- /routes.ts
            slow();
            //<^^^^ blocking-migration
            ",
        );
    }

    #[test]
    fn not_found_where_it_is_fine() {
        check(
            &RULE,
            r"
            //- /routes.ts
            fast();
            ",
        );
    }
}
