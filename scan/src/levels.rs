//! What rules are worth in a repository: levels that its configuration sets, for all files or some.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use tuneup_model::{Finding, Level, RuleSetting};

/// The settings of a configuration, ready to be asked.
#[derive(Debug, Default)]
pub struct Levels {
    settings: Vec<Setting>,
    /// All of it in words, the same for the same settings.
    told: String,
}

#[derive(Debug)]
struct Setting {
    ids: Vec<String>,
    level: Level,
    /// None where all files are meant.
    paths: Option<GlobSet>,
}

impl Levels {
    /// Patterns start from `folder`, relative to the root of the tree. `Err` names the pattern that is none, and why.
    pub fn of(settings: &[RuleSetting], folder: &str) -> Result<Self, (String, String)> {
        let told = format!("{settings:?} from {folder:?}");
        let settings = settings.iter().map(|setting| {
            let paths = setting.paths.as_ref().map(|patterns| glob_set(patterns, folder)).transpose()?;
            Ok::<_, (String, String)>(Setting { ids: setting.ids.clone(), level: setting.level, paths })
        });
        Ok(Self { settings: settings.collect::<Result<_, _>>()?, told })
    }

    pub(crate) fn told(&self) -> &str {
        &self.told
    }

    /// True where a rule is switched on by its own name.
    pub(crate) fn names(&self, rule: &str) -> bool {
        let own = |setting: &Setting| setting.level != Level::Off && setting.ids.iter().any(|id| id == rule);
        self.settings.iter().any(own)
    }

    /// Leaves out what is off and sets the severity of the rest.
    pub(crate) fn apply(&self, findings: Vec<Finding>) -> Vec<Finding> {
        if self.settings.is_empty() {
            return findings;
        }
        findings.into_iter().filter_map(|finding| self.weighed(finding)).collect()
    }

    fn weighed(&self, mut finding: Finding) -> Option<Finding> {
        let speaks = |setting: &&Setting| {
            setting.ids.iter().any(|id| id == "*" || *id == finding.rule)
                && setting.paths.as_ref().is_none_or(|paths| paths.is_match(&finding.location.file))
        };
        if let Some(setting) = self.settings.iter().rev().find(speaks) {
            finding.severity = setting.level.severity()?;
        }
        Some(finding)
    }
}

fn glob_set(patterns: &[String], folder: &str) -> Result<GlobSet, (String, String)> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let from_root = if folder.is_empty() {
            pattern.clone()
        } else {
            format!("{}/{pattern}", globset::escape(folder))
        };
        let glob = GlobBuilder::new(&from_root).literal_separator(true).build();
        set.add(glob.map_err(|error| (pattern.clone(), error.kind().to_string()))?);
    }
    set.build().map_err(|error| (patterns.join(", "), error.to_string()))
}

#[cfg(test)]
mod tests {
    use tuneup_model::{Level, RuleSetting};

    use super::Levels;

    fn setting(ids: &[&str], level: Level, paths: Option<&[&str]>) -> RuleSetting {
        let owned = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect();
        RuleSetting { ids: owned(ids), level, paths: paths.map(owned) }
    }

    #[test]
    fn patterns_start_from_the_folder_of_the_file() {
        let levels = Levels::of(&[setting(&["*"], Level::Off, Some(&["legacy/**", "*.js"]))], "api").unwrap();
        let matches = |path: &str| levels.settings[0].paths.as_ref().unwrap().is_match(path);
        assert!(matches("api/legacy/deep/a.ts") && matches("api/a.js"));
        assert!(!matches("legacy/a.ts") && !matches("api/src/a.js"));
    }

    #[test]
    fn a_folder_is_no_pattern() {
        let levels = Levels::of(&[setting(&["*"], Level::Off, Some(&["*.ts"]))], "app/[id]/{new").unwrap();
        let paths = levels.settings[0].paths.as_ref().unwrap();
        assert!(paths.is_match("app/[id]/{new/a.ts") && !paths.is_match("app/i/{new/a.ts"));
    }

    #[test]
    fn a_pattern_that_is_none_is_named() {
        let error = Levels::of(&[setting(&["*"], Level::Off, Some(&["a{b"]))], "").unwrap_err();
        assert_eq!(error.0, "a{b");
    }
}
