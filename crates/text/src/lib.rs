#![doc = include_str!("../README.md")]

pub mod command_secrets;
pub mod secrets;
pub mod words;
