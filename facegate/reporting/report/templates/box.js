"use strict";
(function () {
  var box = document.getElementById("box");
  if (!box) { return; }
  var gallery = document.getElementById("box-gallery");
  var searches = document.getElementById("box-searches");
  var said = document.getElementById("box-said");
  var rows = Array.prototype.slice.call(box.querySelectorAll("tr[data-rate]"));
  var format = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

  function whole(field) {
    var typed = field.value.replace(/[,\s_]/g, "");
    var good = /^[0-9]{1,12}$/.test(typed) && Number(typed) >= 1;
    field.setAttribute("aria-invalid", good ? "false" : "true");
    return good ? Number(typed) : null;
  }

  function range(row, times) {
    var low = format.format(Number(row.dataset.low) * times);
    var high = format.format(Number(row.dataset.high) * times);
    if (row.dataset.supported !== "true") { return { middle: "too few to say", ends: "below " + high }; }
    return { middle: format.format(Number(row.dataset.rate) * times), ends: low + " to " + high };
  }

  function show() {
    var n = whole(gallery), q = whole(searches);
    if (n === null || q === null) {
      said.textContent = "Type whole numbers of 1 or more, such as 27,000,000.";
      rows.forEach(function (row) { row.cells[1].textContent = ""; row.cells[2].textContent = ""; });
      return;
    }
    rows.forEach(function (row) {
      var found = range(row, n * q);
      row.cells[1].textContent = found.middle;
      row.cells[2].textContent = found.ends;
    });
    var all = range(rows[0], n * q);
    said.textContent = "In " + format.format(q) + " searches of a gallery of " + n.toLocaleString("en-US") +
      " people: about " + all.middle + " wrongly returned people a year in all (" + all.ends + ").";
  }

  document.getElementById("box-form").hidden = false;
  gallery.addEventListener("input", show);
  searches.addEventListener("input", show);
  show();
}());
