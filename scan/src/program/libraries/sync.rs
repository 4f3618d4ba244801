//! Calls of libraries that hold the thread until they are done, and what for.
//!
//! Node runs all requests of a process on one thread: a call that waits by itself, for a disk or for the processor,
//! keeps every one of them waiting. The names are those of the packages' own documentation.

use super::super::value::Api;

/// What a call holds the thread for, from most to least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Blocking {
    /// Another program, until it ends.
    Process,
    /// A key stretched on purpose: password hashes and the like.
    Stretching,
    /// Prime numbers for a pair of keys.
    KeyPair,
    /// A text or buffer packed or unpacked.
    Compression,
    /// Documents, pictures or programs made, read or rewritten by code that runs on the thread itself.
    Computing,
    /// What files or folders hold.
    Content,
    /// One question or change of the file system: is it there, make a folder.
    Metadata,
}

/// What the call holds the thread for; nothing where it does not, or too shortly to speak of.
pub(crate) fn blocking(api: &Api) -> Option<Blocking> {
    let last = api.last();
    match api.package.as_str() {
        "fs" | "fs-extra" | "graceful-fs" => file_call(last),
        "child_process" => {
            matches!(last, "execSync" | "spawnSync" | "execFileSync").then_some(Blocking::Process)
        }
        "cross-spawn" => (last == "sync").then_some(Blocking::Process),
        "execa" => matches!(last, "sync" | "execaSync" | "execaCommandSync" | "commandSync")
            .then_some(Blocking::Process),
        "glob" | "fast-glob" | "globby" | "tinyglobby" => {
            matches!(last, "sync" | "globSync" | "globbySync").then_some(Blocking::Content)
        }
        "rimraf" | "del" => matches!(last, "sync" | "rimrafSync" | "deleteSync").then_some(Blocking::Content),
        "jsonfile" | "load-json-file" | "write-file-atomic" => {
            matches!(last, "sync" | "readFileSync" | "writeFileSync" | "loadJsonFileSync")
                .then_some(Blocking::Content)
        }
        "crypto" => match last {
            "pbkdf2Sync" | "scryptSync" | "argon2Sync" => Some(Blocking::Stretching),
            "generateKeyPairSync" | "generatePrimeSync" | "checkPrimeSync" => Some(Blocking::KeyPair),
            _ => None,
        },
        "bcrypt" | "bcryptjs" | "@node-rs/bcrypt" | "@node-rs/argon2" => {
            matches!(last, "hashSync" | "compareSync" | "verifySync" | "hashRawSync")
                .then_some(Blocking::Stretching)
        }
        "zlib" => matches!(
            last,
            "gzipSync"
                | "gunzipSync"
                | "deflateSync"
                | "inflateSync"
                | "deflateRawSync"
                | "inflateRawSync"
                | "unzipSync"
                | "brotliCompressSync"
                | "brotliDecompressSync"
                | "zstdCompressSync"
                | "zstdDecompressSync"
        )
        .then_some(Blocking::Compression),
        "fflate" => last.ends_with("Sync").then_some(Blocking::Compression),
        "snappy" => matches!(last, "compressSync" | "uncompressSync").then_some(Blocking::Compression),
        _ => computes(api).then_some(Blocking::Computing),
    }
}

/// Work of tens of milliseconds and more in plain JavaScript or a synchronous addon, though some of it gives a promise.
fn computes(api: &Api) -> bool {
    let last = api.last();
    let path = api.plain_path();
    match api.package.as_str() {
        "xlsx" => matches!(last, "read" | "readFile" | "write" | "writeFile"),
        "exceljs" => matches!(last, "writeBuffer") || path.ends_with("xlsx.load"),
        "pdf-lib" => matches!(last, "save" | "saveAsBase64") || path == "PDFDocument.load",
        "pdf-parse" | "mjml" | "juice" | "satori" => path.is_empty(),
        "@react-pdf/renderer" => {
            matches!(last, "renderToBuffer" | "renderToStream" | "renderToFile" | "toBuffer")
        }
        "jimp" => matches!(last, "read" | "getBuffer" | "getBufferAsync"),
        "@resvg/resvg-js" => last == "render",
        "adm-zip" => matches!(last, "toBuffer" | "extractAllTo" | "writeZip"),
        "prettier" => last == "format",
        "typescript" => matches!(last, "transpile" | "transpileModule" | "createProgram"),
        "@babel/core" => last == "transformSync",
        "sass" => matches!(last, "compile" | "compileString" | "renderSync"),
        "svgo" => last == "optimize",
        "jsdom" => path == "JSDOM",
        "html-minifier" | "html-minifier-terser" => last == "minify",
        "csv-parse/sync" => last == "parse",
        "tiktoken"
        | "@dqbd/tiktoken"
        | "js-tiktoken"
        | "js-tiktoken/lite"
        | "gpt-tokenizer"
        | "gpt-3-encoder"
        | "gpt3-tokenizer"
        | "@anthropic-ai/tokenizer" => {
            matches!(last, "encode" | "encode_ordinary" | "encodeChat" | "countTokens" | "countTokensChat")
        }
        _ => false,
    }
}

fn file_call(name: &str) -> Option<Blocking> {
    Some(match name {
        "readFileSync" | "writeFileSync" | "appendFileSync" | "copyFileSync" | "cpSync" | "readdirSync"
        | "rmSync" | "readSync" | "readvSync" | "writeSync" | "writevSync" | "globSync" | "copySync"
        | "emptyDirSync" | "emptydirSync" | "moveSync" | "removeSync" | "outputFileSync"
        | "outputJsonSync" | "outputJSONSync" | "readJsonSync" | "readJSONSync" | "writeJsonSync"
        | "writeJSONSync" => Blocking::Content,
        name if name.ends_with("Sync") => Blocking::Metadata,
        _ => return None,
    })
}

/// Packages that read the command line: what they are handed runs for whoever typed it.
pub(crate) fn reads_command_line(package: &str) -> bool {
    matches!(
        package,
        "commander"
            | "yargs"
            | "cac"
            | "sade"
            | "meow"
            | "citty"
            | "clipanion"
            | "caporal"
            | "gluegun"
            | "@oclif/core"
    )
}
