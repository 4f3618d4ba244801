//! Static analysis: a source tree to a program, the program to findings.
pub mod facts;
