// SPDX-License-Identifier: GPL-2.0-or-later
// What matters stands in the page already; this puts tables that sort, a plot and events that can be filtered in the place of
// their plain forms, from the JSON beside it. Everything from the capture becomes text nodes, never markup.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const summary = data.summary;
  const SEVERITIES = ["suspicious", "notable", "benign"];
  const STRENGTHS = ["certain", "likely", "possible"];
  const at = (id) => document.getElementById(id);

  // ---- Helpers ----

  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
    }
    for (const child of children.flat(Infinity)) {
      if (child !== null && child !== undefined && child !== false) node.append(child);
    }
    return node;
  }

  function svg(tag, attributes, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  // Controls and characters that change the direction of writing are shown, not obeyed.
  const MISLEADING = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
  const safe = (text) => String(text).replace(MISLEADING, (c) => "\\u{" + c.charCodeAt(0).toString(16) + "}");

  // Who writes the page puts translations in the place of the calls of _ and _n below; words of enumerations are in data.
  const word = (kind, id) => (data.words[kind] || {})[id] || id;
  function fill(text, ...values) {
    let next = 0;
    return text.replace(/%(?:(\d+)\$)?s/g, (_all, place) => String(values[place ? place - 1 : next++]));
  }

  const number = (n) => Number(n).toLocaleString("en-US");
  const counted = (n, words, ...more) => fill(words.forms[Number(words.of[n < 200 ? n : 100 + (n % 100)])], number(n), ...more);

  // As tcprst_duration_text() of the core.
  function duration(seconds) {
    const rounded = (value, unit) => Number(value.toPrecision(3)) + unit;
    const two = (many, large, few, small) => many + large + (few ? " " + few + small : "");
    if (seconds < 999.5e-6) return rounded(seconds * 1e6, " µs");
    if (seconds < 0.9995) return rounded(seconds * 1e3, " ms");
    if (seconds < 600) return rounded(seconds, " s");
    if (seconds < 3600) return two(Math.floor(seconds / 60), " min", Math.floor(seconds % 60), " s");
    if (seconds < 172800) return two(Math.floor(seconds / 3600), " h", Math.floor((seconds / 60) % 60), " min");
    return fill(_("%s days"), Math.floor(seconds / 86400));
  }

  function bytes(n) {
    if (n < 10000) return counted(n, _n("%s byte", "%s bytes"));
    if (n < 1e7) return (n / 1e3).toPrecision(3) + " kB";
    return n < 1e10 ? (n / 1e6).toPrecision(3) + " MB" : (n / 1e9).toPrecision(3) + " GB";
  }

  // A command breaks at its blanks only, not behind a hyphen: "--since" stays an option.
  const code = (text) => el("code", null,
    text.split(/( )/).map((word) => (word.includes("-") && word.length <= 40 ? el("span", null, word) : word)));
  // Prose with `code` in it.
  const prose = (text) => text.split("`").map((part, i) => (i % 2 ? code(part) : part));

  const plainTime = (time) => (time ? time.replace("T", " ").replace("Z", "") : _("no time"));
  const endName = (address, port) => (port && address.includes(":") ? "[" + address + "]" : address) + (port ? ":" + port : "");

  const inName = (forged, name) => (forged ? fill(_("somebody in the name of %s"), name) : name);
  const frameName = (frame, capture) => (capture === null ? fill(_("frame %s"), frame) : fill(_("frame %s of %s"), frame, safe(capture)));

  async function copyText(text, button) {
    const said = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch (refused) {
      const field = el("textarea", { readonly: true }, text);
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    button.textContent = _("Copied");
    setTimeout(() => { button.textContent = said; }, 1200);
  }

  // ---- Causes and their colours ----

  const causes = Object.entries(summary.causes)
    .map(([id, counts]) => Object.assign({ id }, counts));
  const colour = (id) => {
    const i = causes.findIndex((cause) => cause.id === id);
    return "k" + (i < 0 || i > 6 ? 7 : i);
  };
  // ---- Tables ----

  // columns: {title, value(row), show(row), numeric}; sortBy null: in the rows' own order.
  function sortable(columns, rows, label, sortBy) {
    const body = el("tbody");
    const heads = [];
    let by = sortBy, falling = true;
    function fill() {
      const column = columns[by];
      const sorted = by === null ? rows : rows.slice().sort((a, b) => {
        const x = column.value(a), y = column.value(b);
        const order = typeof x === "number" ? x - y : String(x).localeCompare(String(y), "en", { numeric: true });
        return falling ? -order : order;
      });
      body.replaceChildren(...sorted.map((row) => el("tr", null, columns.map((c) =>
        el("td", { class: c.numeric ? "n" : null }, c.show ? c.show(row) : c.numeric ? number(c.value(row)) : c.value(row))))));
      heads.forEach((head, i) => head.setAttribute("aria-sort", i !== by ? "none" : falling ? "descending" : "ascending"));
    }
    columns.forEach((column, i) => {
      const button = el("button", { type: "button", onclick: () => {
        falling = by === i ? !falling : Boolean(column.numeric);
        by = i;
        fill();
      } }, column.title);
      heads.push(el("th", { scope: "col", class: column.numeric ? "n" : null }, button));
    });
    fill();
    return el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": label },
      el("table", null, el("thead", null, el("tr", null, heads)), body));
  }

  // ---- Over time ----

  function clock(seconds, step) {
    const text = new Date(seconds * 1000).toISOString();
    return step < 0.05 ? text.slice(11, 23) : step < 3600 ? text.slice(11, 19) : text.slice(0, 16).replace("T", " ");
  }

  function drawPlot() {
    const course = data.course;
    if (!course) {
      at("over-time").remove();
      return;
    }
    at("over-time").hidden = false;
    const ids = causes.filter((cause) => cause.resets > 0).map((cause) => cause.id);
    const length = course.resets[ids[0]].length;
    let used = 1;
    for (let i = 0; i < length; i++) if (ids.some((id) => course.resets[id][i] > 0)) used = i + 1;
    const steps = Math.max(used, 12);
    const totals = Array.from({ length: steps }, (_, i) => ids.reduce((sum, id) => sum + (course.resets[id][i] || 0), 0));
    const most = Math.max(...totals);

    function draw() {
      const width = Math.max(at("plot").clientWidth, 280), height = 170, left = 44, bottom = 22, top = 10;
      const x = (i) => left + (i * (width - left - 4)) / steps, y = (n) => top + (height - bottom - top) * (1 - n / most);
      const picture = svg("svg", { viewBox: "0 0 " + width + " " + height, height, role: "img", "aria-label":
        fill(_("Resets over time by cause, at most %s in %s"), number(most), duration(course.step)) });
      for (const n of most > 1 ? [0, most / 2, most] : [0, most]) {
        picture.append(svg("line", { x1: left, x2: width - 4, y1: y(n), y2: y(n) }));
        if (Number.isInteger(n)) picture.append(svg("text", { x: left - 7, y: y(n) + 4, "text-anchor": "end" }, number(n)));
      }
      for (let i = 0; i < steps; i++) {
        let below = 0;
        for (const id of ids) {
          const n = course.resets[id][i] || 0;
          if (!n) continue;
          const bar = svg("rect", { class: colour(id), x: x(i) + 0.5, y: y(below + n), width: Math.max(x(i + 1) - x(i) - 1, 1), height: Math.max(y(below) - y(below + n), 1), rx: 1 });
          bar.append(svg("title", null, clock(course.start + i * course.step, course.step) + ": " + number(n) + " " + id));
          picture.append(bar);
          below += n;
        }
      }
      const anchors = ["start", "middle", "end"];
      [0, 0.5, 1].forEach((share, i) => picture.append(svg("text", { x: left + share * (width - left - 4), y: height - 6, "text-anchor": anchors[i] },
        clock(course.start + share * steps * course.step, course.step))));
      at("plot").replaceChildren(picture);
    }
    draw();
    if (window.ResizeObserver) new ResizeObserver(draw).observe(at("plot"));
    at("legend").append(...ids.map((id) => el("button", { type: "button", onclick: () => showCause(id) },
      el("span", { class: "swatch " + colour(id) }), id)));
  }

  // ---- Tables of causes, endings, hosts, files ----

  function drawCauses() {
    if (!causes.length) {
      return;
    }
    at("cause-table").replaceChildren(sortable([
      { title: _("Cause"), value: (c) => c.id, show: (c) => [el("span", { class: "swatch " + colour(c.id) }),
        el("button", { type: "button", class: "linkish", onclick: () => showCause(c.id) }, c.id),
        el("div", { class: "soft" }, data.causes[c.id].title)] },
      { title: _("Events"), numeric: true, value: (c) => c.events },
      { title: _("Resets"), numeric: true, value: (c) => c.resets },
      { title: _("Certain"), numeric: true, value: (c) => data.causes[c.id].certain },
      { title: _("Likely"), numeric: true, value: (c) => data.causes[c.id].likely },
      { title: _("Possible"), numeric: true, value: (c) => data.causes[c.id].possible },
    ], causes, _("Causes"), null));
  }

  function drawEndings() {
    const kinds = [
      ["fin", _("by FIN"), "k5"], ["reset_after_fin", _("by RST after FIN"), "k1"], ["reset", _("by RST"), "k4"],
      ["refused", _("refused"), "k3"], ["open", _("no end captured"), "k7"],
    ].map(([id, words, swatch]) => {
      const less = id === "reset";
      return { words, swatch, connections: summary.endings[id] - (less ? summary.endings.reset_after_fin : 0) };
    });
    if (summary.connections > 0) {
      const bar = el("div", { class: "bar", "aria-hidden": "true" });
      for (const kind of kinds.filter((k) => k.connections > 0)) {
        const part = el("i", { class: kind.swatch, title: number(kind.connections) + " " + kind.words });
        part.style.flex = String(kind.connections);
        bar.append(part);
      }
      at("ending-table").before(bar);
    }
    at("ending-table").replaceChildren(sortable([
      { title: _("Ended"), value: (k) => k.words, show: (k) => [el("span", { class: "swatch " + k.swatch }), k.words] },
      { title: _("Connections"), numeric: true, value: (k) => k.connections },
    ], kinds, _("How connections ended"), 1));
  }

  function drawHosts() {
    const FIRST_HOSTS = 10;
    let every = null;
    at("host-tabs").hidden = false;
    const tabs = [["senders", _("Who sent resets")], ["receivers", _("Who received them")], ["services", _("Services")]];
    if (summary.resets === 0) {
      at("hosts").remove();
      return;
    }
    function show(id) {
      for (const button of at("host-tabs").children) button.setAttribute("aria-pressed", String(button.dataset.tab === id));
      const table = data[id];
      const name = (row) => inName(row.forged, endName(row.address, row.port));
      const rows = every === id ? table.rows : table.rows.slice(0, FIRST_HOSTS);
      at("host-table").replaceChildren(sortable([
        { title: id === "services" ? _("Service") : _("Host"), value: name,
          show: (row) => el("button", { type: "button", class: "linkish", onclick: () => showHost(row) }, name(row)) },
        { title: _("Resets"), numeric: true, value: (row) => row.resets },
        { title: _("Events"), numeric: true, value: (row) => row.events },
        { title: _("Suspicious"), numeric: true, value: (row) => row.suspicious },
        { title: _("Notable"), numeric: true, value: (row) => row.notable },
        { title: _("Benign"), numeric: true, value: (row) => row.benign },
      ], rows, tabs.find((tab) => tab[0] === id)[1], 1));
      if (rows.length < table.rows.length)
        at("host-table").append(el("button", { type: "button", class: "more", onclick: () => { every = id; show(id); } },
          counted(table.rows.length - rows.length, _n("Show %s more", "Show %s more"))));
      else if (table.more) at("host-table").append(el("p", { class: "soft more" },
        counted(table.more, table.lower_bounds ? _n("Over %s more with fewer resets are left out.", "Over %s more with fewer resets are left out.")
          : _n("%s more with fewer resets are left out.", "%s more with fewer resets are left out."))));
    }
    at("host-tabs").append(...tabs.map(([id, words]) => el("button", { type: "button", "data-tab": id, onclick: () => show(id) }, words)));
    show("senders");
  }

  function drawFiles() {
    at("file-table").replaceChildren(sortable([
      { title: _("File"), value: (c) => c.file, show: (c) => el("span", { class: "mono" }, safe(c.file)) },
      { title: _("Format"), value: (c) => c.format || "", show: (c) => (c.format || _("not read")) + (c.compression ? _(", ") + c.compression : "") },
      { title: _("Packets"), numeric: true, value: (c) => c.packets },
      { title: _("TCP segments"), numeric: true, value: (c) => c.tcp_segments },
      { title: _("Link types"), value: (c) => c.link_types.map((type) => type.name).join(_(", ")) },
      { title: _("First"), value: (c) => c.first_time || "", show: (c) => plainTime(c.first_time) },
      { title: _("Last"), value: (c) => c.last_time || "", show: (c) => plainTime(c.last_time) },
    ], data.captures, _("Captures"), 0));
  }

  // ---- One event ----

  const FLAGS = [["SYN", 2], ["FIN", 1], ["RST", 4], ["PSH", 8], ["ACK", 16], ["URG", 32], ["ECE", 64], ["CWR", 128]];
  const flagNames = (flags) => FLAGS.filter(([, bit]) => flags & bit).map(([name]) => name).join(", ") || _("no flags");

  // Client left, server right.
  function sourceIsLeft(group) {
    const sender = group.first.sender;
    return sender === "client" || (sender === "unknown" && !group.service_is_source);
  }

  // The vertical lines of the places.
  const placeLines = (count) => count ? [svg("svg", { class: "lines", "aria-hidden": "true" },
    ...Array.from({ length: count }, (_unused, i) => 100 * (i + 1) / (count + 1)).map((x) => svg("line", { x1: x + "%", x2: x + "%", y1: 0, y2: "100%" })))] : [];

  // The arrow, and at each place's line the frame in which it has the segment.
  function way(group, segment, rightwards) {
    const whole = 2 * group.places.length + 2, left = rightwards === segment.out;
    const [from, to] = [segment.from, segment.to].map((steps) => 100 * (rightwards ? steps : whole - steps) / whole);
    const tip = (x, kind, d) => svg("svg", { class: "tip " + kind, x: x + "%" }, svg("path", { d }));
    const places = segment.at.flatMap((frame, i) => {
      const x = 100 * (left ? 2 * i + 2 : whole - 2 * i - 2) / whole + "%";
      const dot = svg("circle", { class: frame ? "yes" : "no", cx: x, cy: 7, r: 4 });
      return frame ? [dot, svg("text", { x, y: 24 }, String(frame))] : [dot];
    });
    return svg("svg", { class: "way", role: "img", "aria-label": safe(segment.way) },
      svg("line", { x1: from + "%", x2: to + "%", y1: 7, y2: 7 }),
      ...(segment.from ? [tip(from, "begins", "M0 1V13")] : []),
      segment.to < whole ? tip(to, "ends", "M-5 2L5 12M-5 12L5 2") : tip(to, "arrives", rightwards ? "M0 7L-9 2V12Z" : "M0 7L9 2V12Z"),
      ...places);
  }

  function segmentRow(group, segment, notes) {
    const rightwards = segment.out === sourceIsLeft(group), placed = group.places.length > 0;
    const kind = ["seg", rightwards ? "right" : "left", segment.flags & 4 ? "rst" : "", segment.reset ? "this" : "",
      segment.reset && group.first.origin === "third-party" ? "between" : "", segment.trigger ? "trigger" : ""];
    const numbers = "Seq=" + segment.seq + (segment.flags & 16 ? " Ack=" + segment.ack : "") + (segment.length ? " Len=" + segment.length : "");
    const since = segment.time;
    const words = [];
    if (segment.trigger) words.push(_("This segment triggered the reset."));
    if (segment.reset) words.push(_("This is the reset."));
    return el("li", { class: kind.filter(Boolean).join(" ") },
      el("div", { class: "meta" }, placed ? null : el("b", null, String(segment.frame)),
        since === undefined ? "" : Math.abs(since) < 1e-9 ? "0" : (since < 0 ? "−" : "+") + duration(Math.abs(since))),
      el("div", { class: "hop" }, placeLines(group.places.length),
        el("span", { class: "text" }, el("b", null, flagNames(segment.flags)), el("span", null, numbers)), placed ? way(group, segment, rightwards) : el("i")),
      el("div", { class: "note" }, words.concat(notes).map((note) => el("p", null, note))));
  }

  function diagram(group) {
    const first = group.first;
    if (!group.segments.length) return null;
    const left = sourceIsLeft(group);
    const ends = [endName(first.src, first.src_port), endName(first.dst, first.dst_port)];
    const roles = first.sender === "unknown" ? ["%s", "%s"] : [_("client %s"), _("server %s")];
    const places = left ? group.places : [...group.places].reverse();
    if (!left) ends.reverse();
    const rows = [];
    let previous = null;
    for (const segment of group.segments) {
      const gap = previous ? segment.index - previous.index - 1 : 0;
      if (gap > 0) rows.push(el("li", { class: "gap" }, el("div"), el("div", { class: "hop" }, placeLines(places.length), el("span", { class: "text" }, counted(gap, _n("%s segment not shown", "%s segments not shown"))))));
      rows.push(segmentRow(group, segment, segment.facts.map((i) => safe(first.evidence[i].text))));
      previous = segment;
    }
    return el("div", { class: "seq" },
      el("div", { class: "ends" }, el("span", null, el("span", null, fill(roles[0], ends[0])), el("span", null, fill(roles[1], ends[1])))),
      places.length ? el("div", { class: "ends spots" }, el("span", null, places.map((name) => el("span", null, safe(name))))) : null,
      el("ol", { class: "seq-rows", "aria-label": _("Segments") }, rows));
  }

  function factList(group) {
    const first = group.first, facts = [];
    const add = (name, value, kind) => { if (value !== null && value !== undefined && value !== "unknown") facts.push(el("div", null, el("dt", null, name), el("dd", null, safe(kind ? word(kind, value) : value)))); };
    add(_("Connection"), first.stage === "unseen" ? _("not seen") : word("stage", first.stage));
    add(_("Its numbers"), first.acceptance, "acceptance");
    add(_("Effect"), first.effect, "effect");
    add(_("In the name of"), first.sender, "sender");
    add(_("Really sent by"), group.sent_by);
    if (group.idle_min !== null && group.idle_min >= 1e9)
      add(_("Idle before"), duration(group.idle_min / 1e9) + (group.idle_max > group.idle_min * 1.05 ? fill(_(" to %s"), duration(group.idle_max / 1e9)) : ""));
    if (group.risk) add(_("At risk"), bytes(group.risk));
    if (group.may_be_unread && first.bytes_at_risk.unread_possible)
      add(_("May lie unread at the sender"), bytes(first.bytes_at_risk.unread_possible));
    add(_("Error the receiver's application gets"), first.peer_error, "peer error");
    add(_("The reset says"), first.device_text);
    add(_("Triggered by"), first.trigger_says);
    add(_("Its sender had sent"), first.answer_says);
    add(_("The capture notes"), first.process);
    return el("dl", { class: "facts" }, facts);
  }

  // No surer than the verdict: none is likelier than that.
  const alternativeWord = (first, other) => word("strength", STRENGTHS[Math.max(STRENGTHS.indexOf(first.strength), STRENGTHS.indexOf(other.strength))]);

  function alternatives(first) {
    if (!first.alternatives.length) return null;
    return [el("h3", null, _("Not ruled out")), el("ul", { class: "evidence" }, first.alternatives.map((other) =>
      el("li", null, el("b", null, other.cause), fill(_(" (%s): "), alternativeWord(first, other)) + data.causes[other.cause].title)))];
  }

  function findings(first) {
    const told = (first.findings || []).filter((f) => f.cause !== first.cause && !f.excluded);
    if (!told.length) return null;
    return [el("h3", null, _("What the other causes would cost")), el("ul", { class: "evidence" }, told.map((f) =>
      el("li", null, el("b", null, f.cause), _(": ") + number(f.total) + (f.mechanism ? fill(_(" (%s)"), f.mechanism) : ""))))];
  }

  function memberTable(group) {
    if (!group.members.length) return null;
    const rest = group.events - group.members.length;
    return [el("h3", null, counted(group.members.length, _n("The first %s event of %s", "The first %s events of %s"), number(group.events))),
      sortable([
        { title: _("Frame"), numeric: true, value: (m) => m.frame },
        { title: _("Time"), value: (m) => m.time || "", show: (m) => plainTime(m.time) },
        { title: _("From"), value: (m) => endName(m.src, m.src_port), show: (m) => el("span", { class: "mono" }, endName(m.src, m.src_port)) },
        { title: _("To"), value: (m) => endName(m.dst, m.dst_port), show: (m) => el("span", { class: "mono" }, endName(m.dst, m.dst_port)) },
      ], group.members, _("Events of this group"), 0),
      rest > 0 ? el("p", { class: "soft more" }, counted(rest, _n("%s more event is left out here.", "%s more events are left out here."))) : null];
  }

  function eventBody(group) {
    const first = group.first, info = data.causes[first.cause];
    const shown = new Set(group.segments.flatMap((segment) => segment.facts));
    const loose = first.evidence.filter((e, i) => !shown.has(i));
    const copy = el("button", { type: "button", onclick: () => copyText(group.filter, copy) }, _("Copy"));
    return el("div", { class: "body" },
      el("p", null, el("b", null, group.because[0].toUpperCase() + group.because.slice(1) + _(".")), " " + _("In general:") + " ", prose(info.meaning)),
      factList(group),
      el("h3", null, group.events > 1 ? _("The first of these events") : _("The segments that matter")),
      diagram(group) || el("p", { class: "soft" }, _("No diagram: the capture could not be read a second time.")),
      loose.length ? [el("h3", null, _("Evidence")), el("ul", { class: "evidence" }, loose.map((e) =>
        el("li", null, e.frame !== null ? el("span", { class: "soft" }, frameName(e.frame, e.capture) + " ") : null, safe(e.text))))] : null,
      alternatives(first),
      findings(first),
      el("h3", null, _("What to check next")), el("p", null, prose(group.advice)),
      el("h3", null, _("In Wireshark")), el("div", { class: "copy" }, el("code", null, group.filter), copy),
      memberTable(group),
      el("p", { class: "soft more" }, info.references));
  }

  function side(group, source) {
    const first = group.first, hosts = source ? group.source_hosts : group.destination_hosts;
    if (hosts > 1) return group.many ? _("many hosts") : counted(hosts, _n("%s host", "%s hosts"));
    const onePort = group.events === 1 || (group.service_is_source === source && group.ports.length === 1 && !group.more_ports);
    return endName(source ? first.src : first.dst, onePort ? (source ? first.src_port : first.dst_port) : 0);
  }

  function eventNode(group) {
    const first = group.first;
    const counts = [group.events > 1 ? counted(group.events, _n("%s event", "%s events")) : "",
      group.resets !== group.events ? counted(group.resets, _n("%s reset", "%s resets")) : ""].filter(Boolean).join(_(", "));
    const where = inName(first.origin === "third-party", side(group, true)) + " → " + side(group, false) +
      (group.ports.length > 1 ? _(", ports") + " " + group.ports.join(_(", ")) + (group.more_ports ? _(" and others") : "") : "");
    const node = el("details", { class: "event", id: "e" + first.frame },
      el("summary", null, el("span", { class: "dot " + group.severity, title: word("severity", group.severity) }),
        el("span", null, el("span", { class: "name" }, first.cause), el("span", { class: "chip" }, group.sure), el("span", { class: "chip " + group.severity }, word("severity", group.severity))),
        el("span", { class: "count" }, counts),
        el("span", { class: "where" }, el("span", null, where),
          el("span", null, frameName(first.frame, data.captures.length > 1 ? first.capture : null)), el("span", null, plainTime(first.time)))));
    const fill = () => { if (node.children.length === 1) node.append(eventBody(group)); };
    node.addEventListener("toggle", () => { if (node.open) fill(); });
    node.fill = fill;
    return node;
  }

  // ---- Filters ----

  const wordsOf = (group) => {
    const f = group.first;
    return [f.cause, f.group, f.strength, f.severity, f.src, f.dst, endName(f.src, f.src_port), endName(f.dst, f.dst_port), "#" + f.frame,
      data.causes[f.cause].title, word("strength", f.strength), word("severity", f.severity), f.device_text || "", f.capture, group.ports.join(" "), f.evidence.map((e) => e.text).join(" "),
      group.members.map((m) => [endName(m.src, m.src_port), endName(m.dst, m.dst_port), "#" + m.frame].join(" ")).join(" ")].join(" ").toLowerCase();
  };
  const hostsOf = (group) => new Set([group.first.src, group.first.dst, ...group.members.flatMap((m) => [m.src, m.dst])]);
  const entries = data.groups.map((group) => ({ group, words: wordsOf(group), hosts: hostsOf(group), node: eventNode(group) }));

  function applyFilters() {
    const text = at("f-text").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const want = { cause: at("f-cause").value, host: at("f-host").value, strength: at("f-strength").value, severity: at("f-severity").value };
    let groups = 0, events = 0;
    for (const entry of entries) {
      const f = entry.group.first;
      const fits = (!want.cause || f.cause === want.cause) && (!want.strength || f.strength === want.strength) &&
        (!want.severity || entry.group.severity === want.severity) && (!want.host || entry.hosts.has(want.host)) &&
        text.every((word) => entry.words.includes(word));
      entry.node.hidden = !fits;
      if (!fits) continue;
      groups++;
      events += entry.group.events;
    }
    at("shown").textContent = summary.events === 0 ? _("No events.") :
      fill(_("Showing %s in %s of %s. Similar events are grouped; the first one is shown."), counted(events, _n("%s event", "%s events")),
        counted(groups, _n("%s group", "%s groups")), number(data.events_shown));
  }

  function options(id, words, values, kind) {
    at(id).append(el("option", { value: "" }, words), ...values.map((value) => el("option", { value }, kind ? word(kind, value) : value)));
    at(id).addEventListener("change", applyFilters);
  }

  function drawEvents() {
    const present = (list, of) => list.filter((value) => data.groups.some((group) => of(group) === value));
    options("f-cause", _("all causes"), causes.map((cause) => cause.id).filter((id) => data.groups.some((g) => g.first.cause === id)));
    options("f-strength", _("any"), present(STRENGTHS, (group) => group.first.strength), "strength");
    options("f-severity", _("any"), present(SEVERITIES, (group) => group.severity), "severity");
    const hosts = [...new Set(entries.flatMap((entry) => [...entry.hosts]))];
    options("f-host", _("all hosts"), hosts.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).slice(0, 500));
    at("f-text").addEventListener("input", applyFilters);
    at("filters").addEventListener("reset", () => setTimeout(applyFilters));
    at("filters").addEventListener("submit", (event) => event.preventDefault());
    at("filters").hidden = false;
    at("event-list").replaceChildren(...entries.map((entry) => entry.node));
    if (entries.length && entries.length <= 3) entries[0].node.open = true;
    if (data.events_left_out) at("left-out").textContent = counted(data.events_left_out,
      _n("%s event is left out of this page; tcprst -f ndjson lists every one.", "%s events are left out of this page; tcprst -f ndjson lists every one."));
    applyFilters();
  }

  function jump() {
    applyFilters();
    at("events").scrollIntoView();
    at("events").focus({ preventScroll: true });
  }

  function showCause(id) {
    at("filters").reset();
    at("f-cause").value = id;
    if (at("f-cause").value !== id) at("f-text").value = id;
    setTimeout(jump);
  }

  function showHost(row) {
    at("filters").reset();
    at("f-text").value = row.port ? endName(row.address, row.port) : row.address;
    setTimeout(jump);
  }

  // ---- Theme, keys, print ----

  function themes() {
    const kinds = [["auto", _("Theme: auto")], ["light", _("Theme: light")], ["dark", _("Theme: dark")]];
    let kind = 0;
    at("theme").hidden = false;
    at("theme").addEventListener("click", () => {
      kind = (kind + 1) % kinds.length;
      at("theme").textContent = kinds[kind][1];
      if (kind === 0) document.documentElement.removeAttribute("data-theme");
      else document.documentElement.setAttribute("data-theme", kinds[kind][0]);
    });
  }

  function keys() {
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        at("f-text").focus();
      }
      if (event.key === "Escape" && document.activeElement === at("f-text")) at("filters").reset();
    });
  }

  // On paper the first events that are shown are open, and of very many the last are left out.
  window.addEventListener("beforeprint", () => {
    const shown = entries.filter((entry) => !entry.node.hidden).map((entry) => entry.node);
    shown.forEach((node, i) => node.classList.toggle("unprinted", i >= 40));
    for (const node of shown.slice(0, 3)) {
      node.fill();
      node.open = true;
    }
  });

  drawPlot();
  drawCauses();
  drawEndings();
  drawHosts();
  drawFiles();
  drawEvents();
  themes();
  keys();
  document.documentElement.setAttribute("data-drawn", "yes");
})();
