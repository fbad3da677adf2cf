"use strict";
(function () {
  var box = document.getElementById("box");
  if (!box) { return; }
  var gallery = document.getElementById("box-gallery");
  var searches = document.getElementById("box-searches");
  var said = document.getElementById("box-said");
  var rows = Array.prototype.slice.call(box.querySelectorAll("tr[data-rate]"));
  var format = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
  var waiting = null;

  function whole(field) {
    var typed = field.value.replace(/[,\s_]/g, "");
    var good = /^[0-9]{1,12}$/.test(typed) && Number(typed) >= 1;
    field.setAttribute("aria-invalid", good ? "false" : "true");
    return good ? Number(typed) : null;
  }

  function range(row, times) {
    var high = Number(row.dataset.high);
    var below = high < 0.99 ? "below " + format.format(high * times) : "unknown";
    if (row.dataset.supported !== "true") { return { middle: "", ends: below }; }
    var low = format.format(Number(row.dataset.low) * times);
    return {
      middle: format.format(Number(row.dataset.rate) * times),
      ends: low + " to " + format.format(high * times)
    };
  }

  function sentence(n, q) {
    var all = range(rows[0], n * q), each = range(rows[0], n);
    var where = q.toLocaleString("en-US") + " searches a year of a gallery of " + n.toLocaleString("en-US") + " people: ";
    if (!all.middle) { return where + "too few data for a number of wrong returns (" + all.ends + " a year)."; }
    return where + "about " + all.middle + " wrong returns a year (" + all.ends + "), or " + each.middle +
      " for each search on average (" + each.ends + "). A person whom several searches return counts each time.";
  }

  function show() {
    var n = whole(gallery), q = whole(searches);
    if (n === null || q === null) {
      said.textContent = "Type whole numbers from 1 to 999,999,999,999, such as 27,000,000.";
      rows.forEach(function (row) { row.cells[1].textContent = ""; row.cells[2].textContent = ""; });
      return;
    }
    rows.forEach(function (row) {
      var found = range(row, n * q);
      row.cells[1].textContent = found.middle || "too few to say";
      row.cells[2].textContent = found.ends;
    });
    said.textContent = sentence(n, q);
  }

  // a reader who hears the page is told once typing rests, not at every key
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(show, 400);
  }

  document.getElementById("box-form").hidden = false;
  gallery.addEventListener("input", soon);
  searches.addEventListener("input", soon);
  show();
}());
