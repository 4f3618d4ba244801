//! `.tuneup/`: a run with it says what a run without it says, whatever became of it.

use std::fs;
use std::path::Path;

use tuneup_testkit::generated::workspace_root;
use tuneup_testkit::{Outcome, Sandbox};

use crate::shop::{finds_the_loop, shop, tuneup};

const FILES: [&str; 2] = [".tuneup/facts", ".tuneup/answers"];

/// Standard output, errors and exit code without times.
fn scan(sandbox: &Sandbox, more: &[&str]) -> String {
    scanned(sandbox, more).to_string()
}

fn scanned(sandbox: &Sandbox, more: &[&str]) -> Outcome {
    tuneup(sandbox, &[&["scan"], more].concat()).run()
}

/// A scan that neither reads nor writes what is kept.
fn anew(sandbox: &Sandbox) -> String {
    scan(sandbox, &["--no-cache"])
}

fn bytes(sandbox: &Sandbox, path: &str) -> Vec<u8> {
    fs::read(sandbox.work().join(path)).unwrap()
}

#[test]
fn a_second_run_writes_nothing_and_says_the_same() {
    let sandbox = shop();
    let first = scan(&sandbox, &[]);
    assert_eq!(first, anew(&sandbox));
    assert_eq!(sandbox.read(".tuneup/.gitignore"), "*\n");
    let written = FILES.map(|file| fs::metadata(sandbox.work().join(file)).unwrap().modified().unwrap());
    assert_eq!(scan(&sandbox, &[]), first);
    let after = FILES.map(|file| fs::metadata(sandbox.work().join(file)).unwrap().modified().unwrap());
    assert_eq!(written, after);
}

#[test]
fn without_a_cache_nothing_is_written() {
    let sandbox = shop();
    anew(&sandbox);
    scan(&sandbox, &["--why", "src/app.ts:10"]);
    assert!(!sandbox.work().join(".tuneup").exists());
}

/// The clock of the file system tells nothing here.
#[test]
fn an_edit_of_the_same_length_in_the_same_moment_is_seen() {
    let sandbox = shop();
    assert!(finds_the_loop(&scanned(&sandbox, &[])));
    let file = sandbox.work().join("src/app.ts");
    let saved = fs::metadata(&file).unwrap().modified().unwrap();
    let text = sandbox.read("src/app.ts");
    let edited = text.replace("ordersOf(id)", "ordersIn(id)");
    assert_eq!(edited.len(), text.len());
    fs::write(&file, edited).unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(saved).unwrap();
    let second = scanned(&sandbox, &[]);
    assert!(!finds_the_loop(&second), "{second}");
    assert_eq!(second.to_string(), anew(&sandbox));
}

#[test]
fn a_damaged_cache_is_made_anew() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 7] = [
        ("empty", |file| fs::write(file, "").unwrap()),
        ("of another program", |file| fs::write(file, "tuneup cache 1\r\n and more".repeat(99)).unwrap()),
        ("cut", |file| {
            let bytes = fs::read(file).unwrap();
            fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("cut in its head", |file| fs::write(file, &fs::read(file).unwrap()[..40]).unwrap()),
        ("changed", |file| {
            let mut bytes = fs::read(file).unwrap();
            let last = bytes.len() - 9;
            bytes[last] ^= 0xff;
            fs::write(file, bytes).unwrap();
        }),
        ("gone", |file| fs::remove_file(file).unwrap()),
        ("a folder", |file| {
            fs::remove_file(file).unwrap();
            fs::create_dir_all(file.join("x")).unwrap();
        }),
    ];
    for (name, damage) in damages {
        for file in FILES {
            let sandbox = shop();
            let first = scan(&sandbox, &[]);
            damage(&sandbox.work().join(file));
            assert_eq!(scan(&sandbox, &[]), first, "{file} is {name}");
            sandbox.write("src/more.ts", "export const more = 1;\n");
            assert_eq!(scan(&sandbox, &[]), anew(&sandbox), "{file} is {name}");
        }
    }
}

/// A cache that comes with a repository would say what its author wants.
#[test]
fn a_cache_that_was_made_elsewhere_is_not_believed() {
    let sandbox = shop();
    let first = scan(&sandbox, &[]);
    let before = FILES.map(|file| bytes(&sandbox, file));
    fs::rename(sandbox.work().join(".tuneup"), sandbox.work().join("kept")).unwrap();
    fs::create_dir(sandbox.work().join(".tuneup")).unwrap();
    for file in FILES {
        fs::copy(sandbox.work().join(file.replace(".tuneup", "kept")), sandbox.work().join(file)).unwrap();
    }
    fs::remove_dir_all(sandbox.work().join("kept")).unwrap();
    assert_eq!(scan(&sandbox, &[]), first);
    let after = FILES.map(|file| bytes(&sandbox, file));
    assert!(before != after, "they were written anew, with another stamp");
}

#[test]
fn a_folder_that_cannot_be_written_costs_nothing_but_time() {
    let sandbox = shop();
    let first = anew(&sandbox);
    sandbox.write(".tuneup", "no folder\n");
    assert_eq!(scan(&sandbox, &[]), first);
    assert_eq!(sandbox.read(".tuneup"), "no folder\n");
}

#[cfg(unix)]
#[test]
fn a_folder_without_rights_costs_nothing_but_time() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = shop();
    let rights = |mode| fs::set_permissions(sandbox.work(), fs::Permissions::from_mode(mode)).unwrap();
    rights(0o555);
    let outcome = scan(&sandbox, &[]);
    rights(0o755);
    assert_eq!(outcome, anew(&sandbox));
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed_out_of_the_tree() {
    let sandbox = shop();
    let first = anew(&sandbox);
    std::os::unix::fs::symlink(sandbox.home(), sandbox.work().join(".tuneup")).unwrap();
    assert_eq!(scan(&sandbox, &[]), first);
    assert_eq!(fs::read_dir(sandbox.home()).unwrap().count(), 0);
}

#[test]
fn runs_at_once_do_not_disturb_each_other() {
    let sandbox = shop();
    let first = anew(&sandbox);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..6).map(|_| scope.spawn(|| scan(&sandbox, &[]))).collect();
        for run in runs {
            assert_eq!(run.join().unwrap(), first);
        }
    });
    assert_eq!(scan(&sandbox, &[]), first);
    let names = fs::read_dir(sandbox.work().join(".tuneup")).unwrap();
    let mut names: Vec<String> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, [".gitignore", "answers", "facts"]);
}

/// Every state of the galleries, with facts from the states before.
#[test]
fn a_gallery_in_change_is_as_one_seen_for_the_first_time() {
    for gallery in ["party-invites", "party-gallery"] {
        let sandbox = Sandbox::new();
        copy(&workspace_root().join("examples").join(gallery), &sandbox.work());
        let json = |more: &[&str]| {
            let outcome =
                scanned(&sandbox, &[&["--format", "json", "--queries", "--candidates"], more].concat());
            let seconds = outcome.stdout.find("\"seconds\"").map(|at| {
                let end = outcome.stdout[at..].find('\n').unwrap_or(0);
                at..at + end
            });
            let mut text = outcome.stdout.clone();
            text.replace_range(seconds.expect("the report says how long it took"), "");
            text
        };
        let fresh = json(&["--no-cache"]);
        assert_eq!(json(&[]), fresh);
        assert_eq!(json(&[]), fresh);
        for file in sources(&sandbox.work()).iter().step_by(5) {
            let text = fs::read_to_string(file).unwrap();
            fs::write(
                file,
                text.replacen("for (", "/* a line\n more */ for (", 1) + "\nexport const added = 1;\n",
            )
            .unwrap();
            assert_eq!(json(&[]), json(&["--no-cache"]), "{}", file.display());
        }
    }
}

fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "ts") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if [".tuneup", "node_modules", "dist"].iter().any(|left_out| name == *left_out) {
            continue;
        }
        let to = to.join(&name);
        if entry.path().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
