/** Pairs of letters in European languages: the most frequent ones, and frequent ones. */
const FREQUENT = pairsOf(
  'th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ' +
    'ro ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut ' +
    'ss so rs un lo wa ge ie wh ee wi em ad ol rt po we na'
)
const USUAL = pairsOf(
  'ul ni ts mo ow pa im mi ai sh ir su id os iv ia am fi ci vi pl ig tu ev ld ry mp fe bl ab gh ty op wo sa ay ' +
    'ex ke fr oo av ag if ap gr od bo sp rd do uc bu ei ov by rm ep tt oc fa ef cu rn sc gi da yo cr cl du ga qu ' +
    'ue ff ba ey ls va um pp ua up lu go ht ru ug ds lt pi rc rr eg au ck ew mu br bi pt ak pu ui rg ib tl ny ki ' +
    'rk ys ob mm fu ph og ms ye ud mb ip ub oi rl gu dr hr cc tw ft wn nu af hu nn eo vo rv nf xp gn sm fl iz ok ' +
    'nl my gl aw ju oa eq sy sl ps jo lf nv je nk kn gs dy hy ze ks xt bs ik dd pm'
)

/** Bits that it takes to tell the next character to a reader who expects words, numbers and their usual spellings. */
const COST = {
  letter: 4.5,
  digit: 5,
  mark: 7,
  frequentPair: 3.3,
  usualPair: 4.6,
  oddPair: 8,
  nextDigit: 3.4,
  /** A digit behind a letter, a letter behind a digit, a capital behind a small letter. */
  turn: 7,
  /** Of each turn after the second. */
  furtherTurn: 9.5
}

/** What cameras, calendars and machines write, and a number at the end. Each counts as one mark. */
const KNOWN =
  /(?:FY|Q[1-4]FY|IMG|DSC[FN]?|PXL|MVI)(?=[_\d])|(?:19|20)\d\d|x(?:64|86)|S\d\dE\d\d|U?HD|\d{3,4}[ip]|H2O|CO2|CSS3|HTML5|[Pp]ro$|[_-]\d+$/g

/** How much a text surprises a reader who expects what people call files. Bits. */
export function surpriseOf(name: string): number {
  const text = name.replace(KNOWN, '-')
  let bits = 0
  let turns = 0
  for (let at = 0; at < text.length; at++) {
    const [before, now] = [text[at - 1] ?? '-', text[at]!]
    if (isTurn(before, now)) bits += ++turns > 2 ? COST.furtherTurn : COST.turn
    else bits += costOf(before, now)
  }
  return bits
}

function isTurn(before: string, now: string): boolean {
  if (/[_-]/.test(before + now)) return false
  return /\d[A-Za-z]|[A-Za-z]\d|[a-z][A-Z]/.test(before + now)
}

function costOf(before: string, now: string): number {
  if (/[_-]/.test(now)) return COST.mark
  if (/[_-]/.test(before)) return /\d/.test(now) ? COST.digit : COST.letter
  if (/\d/.test(now)) return COST.nextDigit
  const pair = (before + now).toLowerCase()
  return FREQUENT.has(pair) ? COST.frequentPair : USUAL.has(pair) ? COST.usualPair : COST.oddPair
}

function pairsOf(text: string): ReadonlySet<string> {
  return new Set(text.split(' '))
}
