// What mailparser reads in each mail, as JSON by its path: parse.js FILE…
'use strict';

const fs = require('fs');
const { simpleParser } = require('mailparser');

const addresses = (list) => (list ? list.value.map(({ name, address }) => [name, address]) : []);

async function read(path) {
  const mail = await simpleParser(fs.readFileSync(path), { skipTextToHtml: true, skipHtmlToText: true });
  const list = mail.headers.get('list');
  return {
    subject: mail.subject,
    from: addresses(mail.from),
    reply_to: addresses(mail.replyTo),
    to: addresses(mail.to),
    cc: addresses(mail.cc),
    date: mail.date.toISOString(),
    message_id: mail.messageId,
    references: [].concat(mail.references || []),
    list_id: list ? [list.id.name || '', list.id.id] : null,
    text: mail.text,
    html: mail.html,
    attachments: mail.attachments.length,
  };
}

(async () => {
  const found = {};
  for (const path of process.argv.slice(2)) found[path] = await read(path);
  console.log(JSON.stringify(found));
})();
