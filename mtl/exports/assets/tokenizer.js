// From a text to the numbers that the encoder reads: WordPiece, as BERT uses it.
//
// 1. Each character is simplified: lower case, no accent, no control character.
// 2. The text is parted into words at spaces, and at every mark of punctuation.
// 3. A word becomes the longest piece of the vocabulary that it begins with, then the longest one that the
//    rest begins with, and so on: "tokenizers" -> "token", "##izer", "##s".
//
// What a character becomes is read from a table that comes with the model, and not from the browser's own
// tables: those differ from one version of Unicode to the next.

"use strict";

const LONGEST_WORD = 100; // characters; a longer word is unknown as a whole
const CONTINUES = "##"; // how a piece begins that is not the first of its word

class Tokenizer {
  // vocabulary: the pieces in the order of their numbers. characters: {mapped, kinds}, see above.
  // special: {cls, sep, unk, all}; a text may hold them as they are written: "[SEP]".
  constructor({ vocabulary, characters, special, maxLength }) {
    this.vocabulary = vocabulary;
    this.idOf = new Map(vocabulary.map((piece, id) => [piece, id]));
    this.special = special;
    this.maxLength = maxLength;
    this.mapped = characters.mapped;
    this.kinds = kindsByCharacter(characters.kinds);
    const escaped = special.all.map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    this.specialPattern = new RegExp(`(${escaped.join("|")})`, "u");
  }

  // {ids, pieces, truncated}. A piece is {spelling, start, end, word, unknown}: where it stands in the text
  // (in JavaScript's own counting) and the number of its word. [CLS] and [SEP] are among ids only.
  encode(text) {
    let pieces = [];
    let at = 0;
    let word = 0;
    for (const part of text.split(this.specialPattern)) {
      if (this.special.all.includes(part)) {
        pieces.push({ spelling: part, start: at, end: at + part.length, word: word++, unknown: false });
      } else {
        for (const letters of this.words(part, at)) {
          pieces.push(...this.pieces(letters, word++));
        }
      }
      at += part.length;
    }
    const room = this.maxLength - 2; // the first and the last token are [CLS] and [SEP]
    const truncated = pieces.length > room;
    if (truncated) pieces = pieces.slice(0, room);
    for (const piece of pieces) {
      piece.unknown = piece.spelling === this.special.unk;
      piece.end = withMarks(text, piece.end);
    }
    const spellings = [this.special.cls, ...pieces.map((piece) => piece.spelling), this.special.sep];
    return { ids: spellings.map((spelling) => this.idOf.get(spelling)), pieces, truncated };
  }

  // The words of a text, each as a list of letters {letter, start, end}: a simplified character and where it
  // comes from. `offset` is where the text begins.
  *words(text, offset) {
    let letters = [];
    let start = offset;
    for (const character of text) {
      const end = start + character.length;
      const kind = KINDS[this.kinds[character.codePointAt(0)]];
      if ((kind === "space" || kind === "alone") && letters.length) {
        yield letters;
        letters = [];
      }
      if (kind !== "removed" && kind !== "space") {
        for (const letter of this.simplified(character)) letters.push({ letter, start, end });
      }
      if (kind === "alone") {
        yield letters;
        letters = [];
      }
      start = end;
    }
    if (letters.length) yield letters;
  }

  simplified(character) {
    if (character >= "\uac00" && character <= "\ud7a3") return character.normalize("NFD"); // Hangul
    return this.mapped[character] ?? character;
  }

  // The pieces of one word, or a single unknown one where the vocabulary cannot spell it.
  pieces(letters, word) {
    const whole = { start: letters[0].start, end: letters[letters.length - 1].end, word };
    const unknown = [{ spelling: this.special.unk, ...whole }];
    if (letters.length > LONGEST_WORD) return unknown;
    const found = [];
    let from = 0;
    while (from < letters.length) {
      let to = letters.length;
      let spelling;
      for (; to > from; to--) {
        const part = letters.slice(from, to).map(({ letter }) => letter);
        spelling = (from ? CONTINUES : "") + part.join("");
        if (this.idOf.has(spelling)) break;
      }
      if (to === from) return unknown;
      found.push({ spelling, start: letters[from].start, end: letters[to - 1].end, word });
      from = to;
    }
    return found;
  }
}

const KINDS = ["", "removed", "space", "alone"];

// The kind of every character there may be, as its place in KINDS.
function kindsByCharacter(ranges) {
  const kinds = new Uint8Array(0x110000);
  for (const [kind, pairs] of Object.entries(ranges)) {
    for (const [first, last] of pairs) kinds.fill(KINDS.indexOf(kind), first, last + 1);
  }
  return kinds;
}

// Accents that follow their letter belong to it on the screen.
function withMarks(text, end) {
  const marks = /[\p{Mn}\p{Cf}]*/uy;
  marks.lastIndex = end;
  return end + marks.exec(text)[0].length;
}
