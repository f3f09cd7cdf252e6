// Starts `patterns lsp` and shows what its code lenses promise. Everything else is the server's.

const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

function start() {
  const command = vscode.workspace.getConfiguration('patterns').get('path') || 'patterns';
  const server = { command, args: ['lsp'] };
  client = new LanguageClient('patterns', 'patterns', { run: server, debug: server }, {
    documentSelector: [
      { language: 'yaml' },
      { language: 'json' },
    ],
    middleware: { executeCommand: show },
  });
  return client.start();
}

// The server answers these commands with a text; nothing else would show it.
async function show(command, args, next) {
  const text = await next(command, args);
  if (typeof text === 'string') {
    const language = command === 'patterns.show' ? 'yaml' : 'plaintext';
    const document = await vscode.workspace.openTextDocument({ content: text, language });
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: true });
  }
  return text;
}

exports.activate = async (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand('patterns.restart', async () => {
      await client?.stop();
      await start();
    }),
  );
  await start();
};

exports.deactivate = () => client?.stop();
