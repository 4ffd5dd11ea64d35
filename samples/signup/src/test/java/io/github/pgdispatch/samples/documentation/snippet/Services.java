package io.github.pgdispatch.samples.documentation.snippet;

import java.util.ArrayList;
import java.util.List;

/**
 * What an application may have besides.
 */
final class Services {

	private Services() {
	}

	static class Mailer {

		void welcome(long profileId) {
		}

	}

	static class Pager {

		private final List<String> alerts = new ArrayList<>();

		void alert(String text) {
			this.alerts.add(text);
		}

		List<String> alerts() {
			return this.alerts;
		}

	}

	static class MailService {

		void send(long profileId, String text, String idempotencyKey) {
		}

	}

	static class SearchIndex {

		boolean isBusy() {
			return false;
		}

		void add(long profileId) {
		}

		void publish(long profileId, String event) {
		}

	}

	static class Invoices {

		Invoice create(long orderId) {
			return new Invoice(orderId);
		}

	}

	static class Exports {

		void export(long orderId) {
		}

	}

}
