package io.github.pgdispatch.samples.documentation.snippet;

@SuppressWarnings("serial")
class UnknownRecipientException extends RuntimeException {

}
