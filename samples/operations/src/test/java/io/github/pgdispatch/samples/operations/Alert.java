package io.github.pgdispatch.samples.operations;

import tools.jackson.databind.JsonNode;

/**
 * An alert of Prometheus.
 *
 * @param name of its rule
 * @param state {@code pending} or {@code firing}
 * @param text its annotations
 */
record Alert(String name, String state, String text) {

	static Alert of(JsonNode alert) {
		return new Alert(alert.get("labels").get("alertname").stringValue(), alert.get("state").stringValue(),
				alert.get("annotations").toString());
	}

	boolean fires() {
		return this.state.equals("firing");
	}

}
