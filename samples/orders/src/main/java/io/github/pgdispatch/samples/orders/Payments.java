package io.github.pgdispatch.samples.orders;

import java.util.Objects;

import io.github.pgdispatch.IdempotencyKeyInterceptor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;

/**
 * Charges customers through the payment provider. The idempotency key of the step goes
 * with the request, so that a customer is charged once, however often the step is run.
 */
@Component
class Payments {

	private static final Logger logger = LoggerFactory.getLogger(Payments.class);

	private final RestClient provider;

	Payments(@Value("${orders.payments.url}") String url, IdempotencyKeyInterceptor idempotencyKeys) {
		this.provider = RestClient.builder().baseUrl(url).requestInterceptor(idempotencyKeys).build();
	}

	Receipt charge(Order order) {
		logger.info("Order {}: charges {}", order.id(), order.customer());
		Receipt receipt = this.provider.post().uri("/charges").body(order).retrieve().body(Receipt.class);
		logger.info("Order {}: {} is charged", order.id(), order.customer());
		return Objects.requireNonNull(receipt);
	}

}
