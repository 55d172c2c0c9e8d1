/** Two decades up to the largest: 10, 30, 100, 300, 1,000. @param {number} smallest 1 for things that are counted */
export function sizesUpTo(most, smallest = 1) {
  const sizes = []
  for (let power = Math.floor(Math.log10(most)) - 2; power <= Math.log10(most); power++)
    sizes.push(10 ** power, 3 * 10 ** power)
  return [...sizes.filter((size) => size >= Math.max(smallest, most / 100) && size < most), most]
}
