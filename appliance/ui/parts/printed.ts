import { useEffect } from "preact/hooks";

/* The margins of a printed sheet are reached by a style alone, and what they say differs from
 * program to program: https://www.w3.org/TR/css-page-3/#margin-boxes */
const sheet = new CSSStyleSheet();

function inStyle(text: string): string {
  return Array.from(text, (c) => `\\${(c.codePointAt(0) ?? 0).toString(16)} `).join("");
}

/** Every sheet that is printed has ${text} at its top and bottom, and a number. */
export function PrintedMarking({ text }: { text: string }): null {
  useEffect(() => {
    const box = `{ content: "${inStyle(text)}"; font: 700 11pt sans-serif; white-space: nowrap; }`;
    const number = '{ content: counter(page) " / " counter(pages); font: 9pt sans-serif; }';
    sheet.replaceSync(`@page { @top-center ${box} @bottom-center ${box} @bottom-right ${number} }`);
    if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets.push(sheet);
  }, [text]);
  return null;
}
