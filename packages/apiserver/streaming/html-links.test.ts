import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HtmlLinks, proxiedUrl } from './html-links.ts';

const page = { host: '10.1.0.7:8080', prefix: '/api/v1/namespaces/default/pods/one/proxy' };
const P = page.prefix;

async function rewritten(pieces: readonly string[]): Promise<string> {
  const links = new HtmlLinks(page);
  for (const piece of pieces) links.write(Buffer.from(piece, 'latin1'));
  links.end();
  let text = '';
  for await (const chunk of links) text += (chunk as Buffer).toString('latin1');
  return text;
}

test('URLs of the backend are led through the proxy, others stay', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/a?b#c', `${P}/a?b#c`],
    ['/', `${P}/`],
    [`${P}/a`, `${P}/a`],
    ['a/b', 'a/b'],
    ['#top', '#top'],
    ['http://10.1.0.7:8080/a', `${P}/a`],
    ['//10.1.0.7:8080/a', `${P}/a`],
    ['https://example.com/a', 'https://example.com/a'],
    ['//example.com/a', '//example.com/a'],
    ['mailto:a@b', 'mailto:a@b'],
    ['javascript:void(0)', 'javascript:void(0)'],
  ];
  for (const [url, expected] of cases) assert.equal(proxiedUrl(url, page), expected, url);
});

const HTML = `<!doctype html><!-- <a href="/no"> --><html><head><link rel=stylesheet HREF=/s.css><script src='/x.js'>if (a < b) "<a href='/no'>"</script></head>
<body><a class="x > y" href="/a">\xe4</a><img src = "/i.png" alt="/no"><form action="/f"><a href=rel>5 < 6</a></body></html>`;
const EXPECTED = HTML.replace('HREF=/s.css', `HREF=${P}/s.css`)
  .replace("src='/x.js'", `src='${P}/x.js'`)
  .replace('href="/a"', `href="${P}/a"`)
  .replace('src = "/i.png"', `src = "${P}/i.png"`)
  .replace('action="/f"', `action="${P}/f"`);

test('only links of elements are rewritten, however the page is cut', async () => {
  assert.equal(await rewritten([HTML]), EXPECTED);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: HTML.length }), { maxLength: 6 }), async (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), HTML.length];
      assert.equal(await rewritten(at.slice(1).map((end, i) => HTML.slice(at[i], end))), EXPECTED);
    }),
  );
});

test('a page made to be slow is not', async () => {
  const text = '<a "'.repeat(500_000);
  const before = performance.now();
  assert.equal(await rewritten([text]), text);
  assert.ok(performance.now() - before < 2_000);
});

test('what is no page passes as it is', async () => {
  for (const text of ['', '<', '<a href="/x', 'a < b', '<script>', '<!-- ']) assert.equal(await rewritten([text]), text);
});
