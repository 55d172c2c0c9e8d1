/** Where the keyboard goes on after a key has changed what is shown. What had the focus may be gone. @param detail what was chosen */
export function focusView(detail: HTMLElement | null): void {
  requestAnimationFrame(() => {
    const row = document.querySelector<HTMLElement>('.history, .list [aria-current="true"]')
    row?.focus()
    // Where there is little room, the list is behind what was chosen.
    if (document.activeElement !== row) detail?.focus()
  })
}
