package io.github.pgdispatch.samples.documentation.snippet;

import io.github.pgdispatch.PgDispatchNode;

import org.springframework.stereotype.Component;

@Component
class Maintenance {

	private final PgDispatchNode node;

	Maintenance(PgDispatchNode node) {
		this.node = node;
	}

	void begin() {
		this.node.drain();
	}

	void end() {
		this.node.resume();
	}

}
