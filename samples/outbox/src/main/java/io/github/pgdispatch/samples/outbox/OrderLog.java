package io.github.pgdispatch.samples.outbox;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.stereotype.Component;

/**
 * Another application, which would ship the orders: it sees the events only.
 */
@Component
class OrderLog {

	private static final Logger logger = LoggerFactory.getLogger(OrderLog.class);

	@KafkaListener(topics = "orders")
	void received(String event) {
		logger.info("Kafka has the event {}", event);
	}

}
