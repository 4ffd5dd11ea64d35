package io.github.pgdispatch.samples.features;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.stereotype.Component;

/**
 * An outbox without Spring Modulith: an annotated method sends the message, in the order
 * of each customer. The broker stands for Kafka or another one.
 */
@Component
class OutboxExample {

	private final Broker broker;

	OutboxExample(Broker broker) {
		this.broker = broker;
	}

	@AfterCommitDispatch(orderingKey = "orders of #{#customer}")
	void publish(String customer, OrderPlaced event) {
		// It has to return after the broker has acknowledged the message.
		this.broker.send("orders", customer, event);
	}

	record OrderPlaced(long id, String item) {

	}

	@Component
	static class Broker {

		private final Mailer mailer;

		Broker(Mailer mailer) {
			this.mailer = mailer;
		}

		void send(String topic, String key, OrderPlaced event) {
			this.mailer.send(key, topic + ": " + event.id() + " " + event.item());
		}

	}

}
