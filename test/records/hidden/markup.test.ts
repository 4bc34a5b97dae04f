import { describe, expect, test } from '@jest/globals';
import { see } from './seen.ts';

const PAGE = `<html><body class="note"><p>Seen today. 3 < 4</p>
<img alt="signature" src="images/sig%20one.png"><IMG SRC='data:image/png;base64,iVBORw0KGgo='>
<a href="next.html">next</a> <a href="scans/a1.pdf?page=2#top">scan</a> <a href="https://x.example/b.pdf">elsewhere</a>
<object type="application/pdf" data=scans/a2.pdf></object><a href="#below">below</a></body></html>`;

const PICTURE = String.raw`{\pict\pngblip 89504e47}\par{\*\pictprop x}\b picture\b0`;
const OBJECT = String.raw`{\object\objemb{\*\objdata 0105}}`;

describe('what notes hide', () => {
  test.each([1, 7, 64, 4096])('as HTML, in chunks of %i bytes', async (sizeBytes) => {
    const { counts, paths } = await see('html', PAGE, sizeBytes);
    expect(counts).toEqual({ attachment: 1, 'attachment-pointer': 3 });
    expect(paths).toEqual(['images/sig one.png', 'scans/a1.pdf', 'scans/a2.pdf']);
  });

  test('as HTML with a picture that is longer than a tag is looked at', async () => {
    const { counts } = await see('html', `<img src="data:image/png;base64,${'A'.repeat(100_000)}"><img src="a.gif">`);
    expect(counts).toEqual({ attachment: 1, 'attachment-pointer': 1 });
  });

  test.each([1, 7, 64, 4096])('as RTF, in chunks of %i bytes', async (sizeBytes) => {
    for (const data of ['0105', '0'.repeat(20_000)]) {
      const note = `{\\rtf1\\ansi${PICTURE}${OBJECT.replace('0105', data)}}`;
      expect((await see('rtf', note, sizeBytes)).counts).toEqual({ attachment: 2 });
    }
  });
});
