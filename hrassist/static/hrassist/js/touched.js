// What somebody chose or wrote before the script of the page was there, which no event tells of any more. A browser that
// brings a form back as it was left counts as well.

export function isTouched(field) {
  if (field instanceof HTMLSelectElement) {
    const options = [...field.options];
    const isGiven = options.some((option) => option.defaultSelected);
    // Where nothing is given, a select of one shows its first line.
    return options.some((option, index) => option.selected !== (isGiven || field.multiple ? option.defaultSelected : index === 0));
  }
  if (field.type === "checkbox" || field.type === "radio") {
    return field.checked !== field.defaultChecked;
  }
  return "defaultValue" in field && field.value !== field.defaultValue;
}
