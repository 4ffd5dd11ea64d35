package io.github.pgdispatch.samples.outbox;

import java.util.concurrent.TimeUnit;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.stereotype.Component;

/**
 * An outbox without Spring Modulith, for the documentation.
 */
@Component
class OrderEvents {

	private final KafkaTemplate<String, String> kafka;

	OrderEvents(KafkaTemplate<String, String> kafka) {
		this.kafka = kafka;
	}

	@AfterCommitDispatch(orderingKey = "orders of #{#customer}")
	void send(String customer, String event) throws Exception {
		this.kafka.send("orders", customer, event).get(10, TimeUnit.SECONDS);
	}

}
