"use strict";
// Works out nothing itself: asks the service for the same form's answer while somebody types.
(function () {
  var form = document.getElementById("yearly-form");
  var answer = document.getElementById("yearly");
  if (!form || !answer || !window.fetch || !window.DOMParser) { return; }
  var waiting = null, asked = 0;

  function show(number, text) {
    if (number !== asked) { return; } // a later answer is on its way
    var found = new DOMParser().parseFromString(text, "text/html").getElementById("yearly");
    if (found) { answer.replaceChildren.apply(answer, Array.prototype.slice.call(found.childNodes)); }
  }

  function ask() {
    var number = ++asked;
    var query = new URLSearchParams(new FormData(form)).toString();
    fetch("/benchmarks?" + query, { headers: { Accept: "text/html" }, credentials: "same-origin" })
      .then(function (reply) { return reply.text(); })
      .then(function (text) { show(number, text); })
      .catch(function () { /* the button still works */ });
  }

  // A reader who hears the page is told once typing rests, and the service is asked once.
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 500);
  }

  form.addEventListener("input", soon);
}());
