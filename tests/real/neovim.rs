//! The real Neovim, with `patterns lsp` as a user would configure it.

use std::process::Command;

use super::program::{find, folder};
use super::support::binary;

const NORWAY: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: \"😀\", country: no}\n";

/// Opens a file, waits for its diagnostic, quotes the value, waits until the diagnostic is gone, asks for a hover and
/// leaves without saving. What goes wrong is printed, and ends it with code 1.
const SCRIPT: &str = r#"
local function must(is_so, what)
  if not is_so then
    io.stderr:write(what .. '\n')
    vim.cmd('cquit')
  end
end
vim.cmd('edit norway.yaml')
local id = vim.lsp.start_client({ name = 'patterns', cmd = { vim.env.PATTERNS, 'lsp' }, root_dir = vim.fn.getcwd() })
must(id, 'the server does not start')
vim.lsp.buf_attach_client(0, id)
local wait = 100000
local function count() return #vim.diagnostic.get(0) end
must(vim.wait(wait, function() return count() == 1 end, 20), 'no diagnostic: ' .. count())
local found = vim.diagnostic.get(0)[1]
-- Neovim counts bytes; the server was asked in UTF-16.
must(found.lnum == 3 and found.col == 27 and found.code == 'norway', vim.inspect(found))
vim.api.nvim_buf_set_text(0, found.lnum, found.col, found.lnum, found.col + 2, { '"no"' })
must(vim.wait(wait, function() return count() == 0 end, 20), 'the diagnostic stays')
local params = { textDocument = { uri = vim.uri_from_bufnr(0) }, position = { line = 2, character = 1 } }
local answers = vim.lsp.buf_request_sync(0, 'textDocument/hover', params, wait)
must(answers and answers[id] and answers[id].result, 'no hover: ' .. vim.inspect(answers))
must(answers[id].result.contents.value:find('ObjectMeta'), vim.inspect(answers))
vim.lsp.stop_client(id)
must(vim.wait(wait, function() return vim.lsp.get_client_by_id(id) == nil end, 20), 'the server does not end')
vim.cmd('qall!')
"#;

#[test]
fn shows_what_is_wrong_while_typing() {
    let Some(nvim) = find("nvim") else { return };
    let folder = folder("neovim");
    std::fs::create_dir_all(folder.join(".git")).unwrap();
    std::fs::write(folder.join("norway.yaml"), NORWAY).unwrap();
    std::fs::write(folder.join("script.lua"), SCRIPT).unwrap();
    let output = Command::new(nvim)
        .args(["--headless", "-u", "NONE", "-i", "NONE", "-n", "-S", "script.lua"])
        .current_dir(&folder)
        .env("PATTERNS", binary())
        .env("XDG_CACHE_HOME", &folder)
        .env("XDG_STATE_HOME", &folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read_to_string(folder.join("norway.yaml")).unwrap(), NORWAY);
}
